"""Plans of the long studies of physics, one module for each page."""

from matinf.physics import diffusion_study, extrapolation_study, inverse_study, pinn_study

STUDIES = (
    *diffusion_study.STUDIES,
    *extrapolation_study.STUDIES,
    *inverse_study.STUDIES,
    *pinn_study.STUDIES,
)

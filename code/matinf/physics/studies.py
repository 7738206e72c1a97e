"""Plans of the long studies of physics, one module for each page."""

from matinf.physics import inverse_study, pinn_study

STUDIES = (*inverse_study.STUDIES, *pinn_study.STUDIES)

"""Plans of the long studies of physics, one module for each page."""

from matinf.physics import pinn_study

STUDIES = (*pinn_study.STUDIES,)

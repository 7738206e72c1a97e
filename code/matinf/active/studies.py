"""Plans of the long studies of active learning, one module for each page."""

from matinf.active import campaign_study, surrogate_study
from matinf.active.laboratory import study as laboratory_study

STUDIES = (*campaign_study.STUDIES, *laboratory_study.STUDIES, *surrogate_study.STUDIES)

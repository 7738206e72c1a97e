"""Plans of the long studies of transfer learning, one module for each page."""

from matinf.transfer import (
    fine_tuning_study,
    latent_variable_study,
    negative_transfer_study,
    small_model_study,
)

STUDIES = (
    *latent_variable_study.STUDIES,
    *fine_tuning_study.STUDIES,
    *negative_transfer_study.STUDIES,
    *small_model_study.STUDIES,
)

from identification.services.checking import check
from identification.services.making import make_code
from identification.services.redeeming import Outcome, foresee, redeem

__all__ = ("Outcome", "check", "foresee", "make_code", "redeem")

from identification.services.checking import check, may_hold_a_code
from identification.services.making import make_code
from identification.services.redeeming import Outcome, foresee, redeem
from identification.services.revoking import revoke_session, revoke_tokens

__all__ = ("Outcome", "check", "foresee", "make_code", "may_hold_a_code", "redeem", "revoke_session", "revoke_tokens")

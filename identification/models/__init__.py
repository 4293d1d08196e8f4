from identification.models.codes import Brake, Code, Proposal
from identification.models.keys import Algorithm, RevokedSession, SigningKey, TokenRefusal
from identification.models.look_ups import LookUp, LookUpResult

__all__ = (
    "Algorithm",
    "Brake",
    "Code",
    "LookUp",
    "LookUpResult",
    "Proposal",
    "RevokedSession",
    "SigningKey",
    "TokenRefusal",
)

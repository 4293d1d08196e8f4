"""The table of rights: for each operation behind a URL, what each role is answered."""

from tests.rights.administration import MODELS, administration
from tests.rights.pages import accounts, demo, inbox, rest
from tests.rights.rest_api import (
    FOREIGN_BODIES,
    FOREIGN_QUERIES,
    case_api,
    delivery_api,
    operation_api,
    other_api,
    team_api,
)
from tests.rights.row import ALL_SEEING, ROLES, SEES, Row, fill
from tests.rights.things import furnish

__all__ = (
    "ALL_SEEING",
    "FOREIGN_BODIES",
    "FOREIGN_QUERIES",
    "MODELS",
    "ROLES",
    "SEES",
    "Row",
    "fill",
    "furnish",
    "rows",
)


def rows() -> list[Row]:
    return [
        *inbox(),
        *rest(),
        *accounts(),
        *administration(),
        *case_api(),
        *delivery_api(),
        *other_api(),
        *operation_api(),
        *team_api(),
        *demo(),
    ]

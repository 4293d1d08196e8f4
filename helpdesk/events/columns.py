"""The column that orders events on PostgreSQL by the transaction that wrote them."""

from typing import Any

from django.db import models
from django.db.models import Func


class CurrentTransaction(Func):
    """`pg_current_xact_id()` on PostgreSQL; 0 on SQLite, where one writer commits at a time and ids are in order."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="pg_current_xact_id()", **context)


class TransactionIdField(models.BigIntegerField):
    """A 64-bit transaction id: `xid8` on PostgreSQL, a plain integer elsewhere. Filled by the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_default", CurrentTransaction())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str | None:
        return "xid8" if connection.vendor == "postgresql" else super().db_type(connection)

    def from_db_value(self, value: Any, *args: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor == "postgresql" and isinstance(value, int):
            return str(value)
        return super().get_db_prep_value(value, connection, prepared)

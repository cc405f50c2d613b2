"""What a form sends, as plain texts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from ..refusal import Refusal


async def fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a name that is there twice, the last one that says something."""
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=32)
    except ValueError as error:
        raise Refusal(422, "this form has too many fields", where="body", mend="go back and try again") from error
    return dict(pairs)  # blank ones are not among them


Fields = Annotated[dict[str, str], Depends(fields)]

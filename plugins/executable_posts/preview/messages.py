"""What the browser is told of its page: problems, cells, marks, and the page if it changed."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from .live import LivePost
from .showing import Answer, Showing


def etag(body: bytes) -> str:
    """What tells one version of a page from another."""
    return hashlib.sha256(body).hexdigest()[:16]


def message(showing: Showing, answer: Answer, has: str) -> dict[str, Any]:
    """What a browser needs that shows the version `has` of the page that is `answer`."""
    page = answer.page or ""
    known = showing.live(page)
    version = etag(answer.body)
    return {
        "version": version,
        "html": answer.body.decode() if answer.body and version != has else None,
        "problems": [
            {"place": one.place, "message": one.message, "details": one.details}
            for one in showing.problems(page)
        ],
        "marks": marks(showing.content(page)),
        "cells": _cells(known) if known else [],
        "before": showing.before(page, known) if known else {},
        "assets": showing.assets,
    }


def marks(content: Any) -> list[str]:
    """What a reader does not see yet, in words."""
    if content is None:
        return []
    source = Path(content.source_path).name
    found = []
    if content.status == "draft":
        found.append(f"draft: {source} is in no list, and is not published")
    elif content.status == "hidden":
        found.append(f"hidden: {source} is in no list")
    date = getattr(content, "date", None)
    if date is not None and date > datetime.now(date.tzinfo):
        found.append(f"dated {date:%Y-%m-%d}: not published before that day")
    return found


def _cells(known: LivePost) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "state": str(cell.state),
            "seconds": cell.seconds_now(),
            "code": known.job.cells[number - 1].code,
            "problem": None
            if cell.problem is None
            else {
                "place": cell.problem.place,
                "message": cell.problem.message,
                "details": cell.problem.details,
            },
        }
        for number, cell in sorted(known.cells.items())
    ]

"""The years in which the volumes of a reporter have decisions.

reporters-db gives the series of some reporters the years of all of them, or the years in which its
own data begin. Its years were compared with those that libraries give for the printed volumes
(the list of reporters of the Caselaw Access Project); here are those that were wrong.
"""

from __future__ import annotations

from typing import Any

# The first and last year by the name of the edition; None where it goes on.
KNOWN: dict[str, tuple[int, int | None]] = {
    "Cal. 4th": (1991, 2016),
    "Cal. 5th": (2016, None),
    "Cal. App. 4th": (1991, 2016),
    "Cal. App. 5th": (2016, None),
    "Cal. App. Supp. 2d": (1934, None),
    "Cal. App. Supp. 3d": (1969, None),
    "Cal. App. Supp. 5th": (2016, None),
    "Cal. Rptr. 2d": (1991, 2003),
    "Daily Wash. L. Rptr.": (1874, None),
    "Empl. Prac. Dec. (CCH)": (1968, None),
    "F. App'x": (2001, 2021),
    "F. Supp.": (1932, 1998),
    "F. Supp. 2d": (1997, 2014),
    "F.3d": (1993, 2021),
    "F.R.D.": (1938, None),
    "Fla. Supp.": (1948, 1982),
    "Fla. Supp. 2d": (1980, 1992),
    "Idaho": (1866, None),
    "Ill.": (1849, 1954),
    "Ill. 2d": (1953, None),
    "Ill. App. 2d": (1953, 1972),
    "Ill. App. 3d": (1971, None),
    "L.R.R.M. (BNA)": (1935, None),
    "N.Y.S.2d": (1937, 2015),
    "N.Y.S.3d": (2014, None),
    "Ohio App.": (1913, 1965),
    "Ohio App. 2d": (1964, 1982),
    "Ohio App. 3d": (1981, None),
    "Ohio Misc.": (1962, 1982),
    "Ohio Misc. 2d": (1982, None),
    "Ohio Op. 2d": (1956, 1976),
    "Ohio Op. 3d": (1976, 1982),
    "Ohio St. 2d": (1964, 1982),
    "Ohio St. 3d": (1982, None),
    "Op. O.L.C.": (1977, None),
    "Pa. D. & C.": (1921, 1954),
    "Pa. D. & C.2d": (1954, 1977),
    "Pa. D. & C.3d": (1976, 1989),
    "Pa. D. & C.4th": (1988, 2007),
    "Pa. Super.": (1895, None),
    "Utah": (1851, 1953),
    "Utah 2d": (1953, 1974),
    "Wash. 2d": (1939, None),
    "Wash. App.": (1969, 2017),
    "Wash. App. 2d": (2017, None),
    "Wis. 2d": (1957, None),
}


def span(edition: Any) -> tuple[int, int | None]:
    """The first and last year of one of eyecite's editions; 0 where nobody knows the first."""
    known = KNOWN.get(edition.short_name)
    if known:
        return known
    return edition.start.year if edition.start else 0, edition.end.year if edition.end else None

"""Who may map what, for pages and programs alike."""

from api.access import SiteAccess


def may_map_directly(access: SiteAccess) -> bool:
    """Whether also topics that name no site, which may be another's."""
    return "admin" in access.roles

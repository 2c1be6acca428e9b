"""Who comes to the admin in the tests, and as what."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from apps.sites.models import Site, SiteUserPermission
from tests.make import a_user

HOME, SITES, OPERATIONS = "/admin/", "/admin/sites/site/", "/admin/operations/operation/"
RUNTIMES = "/admin/servers/runtime/"


def staff(name: str = "stan", **fields: Any) -> User:
    """One of the host's people, without a right on anything but what is given to him."""
    return a_user(name, is_staff=True, **fields)


def boss(name: str = "boss") -> User:
    return staff(name, is_superuser=True)


def at_the_door(user: User) -> Client:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def give(user: User, site: Site) -> SiteUserPermission:
    """Let *user* see *site*."""
    permission = Permission.objects.get(codename="view_site", content_type__app_label="sites")
    given: SiteUserPermission = SiteUserPermission.objects.create(
        user=user, permission=permission, content_object=site
    )
    return given


def site_page(site: Site) -> str:
    return f"{SITES}{site.pk}/change/"

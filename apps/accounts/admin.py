"""People, groups and tokens, to read. No page here gives rights: who could open it could raise himself."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.decorators import display

from apps.accounts.models import ApiToken
from apps.operations.admin_base import PanelAdmin


@admin.register(User)
class UserAdmin(PanelAdmin):
    list_display = ("username", "email", "rank", "second_factor", "active", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email", "first_name", "last_name")
    fields = ("username", "email", "rank", "second_factor", "active", "member_of", "last_login", "date_joined")
    readonly_fields = fields
    ordering = ("username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        confirmed = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return User.objects.annotate(has_device=Exists(confirmed))

    @display(description="Role")
    def rank(self, user: User) -> str:
        return "Administrator" if user.is_superuser else "Staff" if user.is_staff else "Customer"

    @display(description="Second factor", label={"on": "success", "not set up": "warning"})
    def second_factor(self, user: User) -> str:
        return "on" if getattr(user, "has_device", False) else "not set up"

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    @display(description="Groups")
    def member_of(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class GroupAdmin(PanelAdmin):
    list_display = ("name", "members")
    search_fields = ("name",)
    fields = ("name", "members", "rights")
    readonly_fields = fields
    ordering = ("name",)
    empty_title = "No groups"
    empty_text = "A group gives its members rights on sites together."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return Group.objects.annotate(size=Count("user"))

    @display(description="Members", ordering="size")
    def members(self, group: Group) -> int:
        return int(getattr(group, "size", 0))

    @display(description="Rights")
    def rights(self, group: Group) -> str:
        return ", ".join(permission.name for permission in group.permissions.order_by("name"))


@admin.register(ApiToken)
class TokenAdmin(PanelAdmin):
    """A person's own tokens; everybody's for whoever may see them all."""

    list_display = ("name", "user", "may", "state", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "may", "state", "prefix", "created_at", "expires_at", "last_used_at")
    readonly_fields = fields
    ordering = ("-id",)
    empty_title = "No tokens"
    empty_text = "A token lets a script use the API. Make one with ./panel token create."

    @display(description="May")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @display(description="State", label={"open": "success", "expired": "", "revoked": ""})
    def state(self, token: ApiToken) -> str:
        if token.revoked_at is not None:
            return "revoked"
        return "open" if token.expires_at > now() else "expired"

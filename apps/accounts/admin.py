"""People, groups and tokens, to read. No page here gives rights: who could open it could raise himself."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import ApiToken
from apps.operations.admin_base import PanelAdmin, column, moment


@admin.register(User)
class UserAdmin(PanelAdmin):
    list_display = ("known_as", "email", "rank", "second_factor", "active", "last_seen")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email", "first_name", "last_name")
    fields = ("known_as", "email", "rank", "second_factor", "active", "member_of", "last_seen")
    readonly_fields = fields
    ordering = ("username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        confirmed = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return User.objects.annotate(has_device=Exists(confirmed))

    @column("Name", "username")
    def known_as(self, user: User) -> str:
        return user.get_username()

    @column("Role")
    def rank(self, user: User) -> str:
        return "Administrator" if user.is_superuser else "Staff" if user.is_staff else "Customer"

    @column("Second factor", label={"On": "success", "Not set up": "warning"})
    def second_factor(self, user: User) -> str:
        return "On" if getattr(user, "has_device", False) else "Not set up"

    @column("Active", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    @column("Last sign-in", "last_login")
    def last_seen(self, user: User) -> str:
        return moment(user.last_login)

    @column("Groups")
    def member_of(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "none"


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

    @column("Members", "size")
    def members(self, group: Group) -> int:
        return int(getattr(group, "size", 0))

    @column("Rights")
    def rights(self, group: Group) -> str:
        return ", ".join(permission.name for permission in group.permissions.order_by("name")) or "none"


@admin.register(ApiToken)
class TokenAdmin(PanelAdmin):
    """A person's own tokens; everybody's for whoever may see them all."""

    list_display = ("name", "whose", "may", "state", "expires", "used")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "whose", "may", "state", "prefix", "created", "expires", "used")
    readonly_fields = fields
    ordering = ("-id",)
    empty_title = "No tokens"
    empty_text = "A token lets a script use the API. Make one with ./panel token create."

    @column("User", "user__username")
    def whose(self, token: ApiToken) -> str:
        return token.user.get_username()

    @column("May")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @column("State", label={"Open": "success", "Expired": "", "Revoked": ""})
    def state(self, token: ApiToken) -> str:
        if token.revoked_at is not None:
            return "Revoked"
        return "Open" if token.expires_at > now() else "Expired"

    @column("Created")
    def created(self, token: ApiToken) -> str:
        return moment(token.created_at)

    @column("Expires", "expires_at")
    def expires(self, token: ApiToken) -> str:
        return moment(token.expires_at)

    @column("Last used", "last_used_at")
    def used(self, token: ApiToken) -> str:
        return moment(token.last_used_at)

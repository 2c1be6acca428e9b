"""A domain as a script reads it: the same from the API and the command line."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.domains.models import Certificate, Domain


@extend_schema_serializer(component_name="Certificate")
class CertificateShape(serializers.Serializer[Certificate]):
    """What the front shows for a domain, as it was seen at *looked_at*. *error*: why it shows none."""

    state = serializers.ChoiceField(Certificate.State.choices)
    issuer = serializers.CharField()
    not_before = serializers.DateTimeField(allow_null=True)
    not_after = serializers.DateTimeField(allow_null=True)
    names = serializers.ListField(child=serializers.CharField())
    looked_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


@extend_schema_serializer(component_name="Domain")
class DomainShape(serializers.Serializer[Domain]):
    """*site*: its slug. *redirects*: it leads to the primary one. *path_redirects*: ``path target status`` each."""

    id = serializers.IntegerField()
    host = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    primary = serializers.BooleanField()
    redirects = serializers.BooleanField()
    tls = serializers.ChoiceField(Domain.Tls.choices)
    path_redirects = serializers.SerializerMethodField()
    dns = serializers.ChoiceField(Domain.Dns.choices)
    dns_addresses = serializers.ListField(child=serializers.CharField())
    certificate = serializers.SerializerMethodField()

    def get_path_redirects(self, domain: Domain) -> list[str]:
        return [str(one) for one in domain.path_redirects.all()]

    @extend_schema_field(CertificateShape(allow_null=True))
    def get_certificate(self, domain: Domain) -> dict[str, object] | None:
        found = getattr(domain, "certificate", None)
        return dict(CertificateShape(found).data) if found else None

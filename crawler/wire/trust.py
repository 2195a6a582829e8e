"""Which certificate authorities are believed: the system's, or those of DATELINE_CA_FILE."""

import re
from pathlib import Path

from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from archive.errors import ConfigError


@implementer(IPolicyForHTTPS)
class TrustedFile:
    """Trusts the certificate authorities of one PEM file, and no others: DATELINE_CA_FILE."""

    _PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

    def __init__(self, path: Path) -> None:
        try:
            found = [Certificate.loadPEM(pem) for pem in self._PEM.findall(path.read_bytes())]
        except OSError as error:
            raise ConfigError(path, "", f"the certificates cannot be read: {error}") from error
        if not found:
            raise ConfigError(path, "", "holds no PEM certificate")
        self._roots = trustRootFromCertificates(found)  # type: ignore[no-untyped-call]

    def creatorForNetloc(  # noqa: N802 - Twisted's name
        self,
        hostname: bytes,
        port: int,  # noqa: ARG002 - the certificate names no port
    ) -> IOpenSSLClientConnectionCreator:
        return optionsForClientTLS(hostname.decode("ascii"), trustRoot=self._roots)

//! TLS to PostgreSQL: how much of the server's identity is verified, as `sslmode` says.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::url::{Roots, Verify};

/// Makes TLS sessions that verify this much.
///
/// # Errors
/// When the roots cannot be read, or there are none.
pub(super) fn connector(
    verify: Verify,
    roots: Option<&Roots>,
) -> anyhow::Result<MakeRustlsConnect> {
    Ok(MakeRustlsConnect::new(client(verify, roots)?))
}

fn client(verify: Verify, roots: Option<&Roots>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let roots = match roots {
        Some(Roots::File(file)) => Some(from_file(file)?),
        Some(Roots::System) => Some(from_system()?),
        None => None,
    };
    let authority = match (verify, roots) {
        (Verify::AuthorityAndName, Some(roots)) => {
            return Ok(builder.with_root_certificates(roots).with_no_client_auth());
        }
        (Verify::Authority, Some(roots)) => {
            let roots = Arc::new(roots);
            let provider = Arc::clone(&provider);
            Some(WebPkiServerVerifier::builder_with_provider(roots, provider).build()?)
        }
        (Verify::Nothing, _) => None,
        (_, None) => bail!("there is nothing to verify the server with"),
    };
    let any_name = AnyName { provider, authority };
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(any_name));
    Ok(builder.with_no_client_auth())
}

fn from_file(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .with_context(|| format!("sslrootcert: cannot read {}", file.display()))?;
    for certificate in certificates {
        store.add(certificate.context("sslrootcert: not a PEM file")?)?;
    }
    ensure!(!store.is_empty(), "sslrootcert: {} has no certificate", file.display());
    Ok(store)
}

fn from_system() -> anyhow::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    ensure!(
        !store.is_empty(),
        "sslrootcert=system: this system has no certificates (on Debian: apt-get install ca-certificates)"
    );
    Ok(store)
}

/// Takes a certificate whatever name it is made out to. The handshake still proves that the server has its key, which
/// channel binding (RFC 5802) relies on.
#[derive(Debug)]
struct AnyName {
    provider: Arc<CryptoProvider>,
    /// With `verify-ca`, what must have signed it; `None` with `prefer` and `require` without roots.
    authority: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is compared last, after everything else was found right.
        match authority.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rstest::rstest;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::sign::CertifiedKey;
    use rustls::version::{TLS12, TLS13};
    use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};

    use super::*;

    /// Shows a certificate, and signs with whatever key it has.
    #[derive(Debug)]
    struct Shown(Arc<CertifiedKey>);

    impl ResolvesServerCert for Shown {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    /// Makes a certificate for `db.example` with a key of its own.
    fn certify(folder: &Path, name: &str) {
        let line = format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:db.example \
             -keyout {name}.key -out {name}.crt"
        );
        let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
        let output = output.expect("openssl is needed (on Debian: apt-get install openssl)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What a client that verifies this much says of a server that shows a certificate and signs with a key.
    fn shake_hands(
        folder: &Path,
        (verify, roots): (Verify, Option<Roots>),
        key: &str,
        name: &'static str,
        version: &'static SupportedProtocolVersion,
    ) -> Result<(), Error> {
        let certificate = CertificateDer::from_pem_file(folder.join("server.crt")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join(key)).unwrap();
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let shown = Shown(Arc::new(CertifiedKey::new(vec![certificate], key)));
        let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shown));
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        let name = ServerName::try_from(name).unwrap();
        let client = Arc::new(client(verify, roots.as_ref()).unwrap());
        let mut client = ClientConnection::new(client, name).unwrap();
        while client.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent).unwrap();
            server.read_tls(&mut sent.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            let mut answered = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut answered).unwrap();
            }
            client.read_tls(&mut answered.as_slice()).unwrap();
            client.process_new_packets()?;
        }
        Ok(())
    }

    /// A server without the key is refused in every mode: it could show any certificate.
    #[rstest]
    fn each_mode_verifies_what_it_promises(
        #[values(&TLS12, &TLS13)] version: &'static SupportedProtocolVersion,
    ) {
        use Verify::{Authority, AuthorityAndName, Nothing};
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        ["server", "other"].iter().for_each(|name| certify(folder, name));
        let signed_by = |name: &str| Some(Roots::File(folder.join(name)));
        for (mode, key, name, is_good) in [
            ((Nothing, None), "server.key", "any.example", true),
            ((Nothing, None), "other.key", "any.example", false),
            ((Authority, signed_by("server.crt")), "server.key", "db.example", true),
            ((Authority, signed_by("server.crt")), "server.key", "any.example", true),
            ((Authority, signed_by("server.crt")), "other.key", "db.example", false),
            ((Authority, signed_by("other.crt")), "server.key", "db.example", false),
            ((AuthorityAndName, signed_by("server.crt")), "server.key", "db.example", true),
            ((AuthorityAndName, signed_by("server.crt")), "other.key", "db.example", false),
            ((AuthorityAndName, signed_by("server.crt")), "server.key", "any.example", false),
            ((AuthorityAndName, signed_by("other.crt")), "server.key", "db.example", false),
        ] {
            let shown = format!("{mode:?} {key} {name}");
            let outcome = shake_hands(folder, mode, key, name, version);
            let refused = matches!(outcome, Err(Error::InvalidCertificate(_)));
            assert_eq!((outcome.is_ok(), refused), (is_good, !is_good), "{shown}: {outcome:?}");
        }
    }

    #[test]
    fn a_file_without_roots_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("empty.crt", ""), ("text.crt", "certificate")] {
            std::fs::write(folder.path().join(name), content).unwrap();
            assert!(from_file(&folder.path().join(name)).is_err(), "{name}");
        }
        assert!(from_file(&folder.path().join("missing.crt")).is_err());
    }

    #[test]
    fn nothing_is_accepted_unverified_unless_the_mode_says_so() {
        assert!(client(Verify::Authority, None).is_err());
        assert!(client(Verify::AuthorityAndName, None).is_err());
    }
}

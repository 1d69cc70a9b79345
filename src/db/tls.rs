//! TLS for connections without libpq, to a server that has proven itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a server proves that it is the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// By the password: with channel binding (RFC 5802, with `tls-server-end-point` of RFC 5929) it shows that it knows
    /// the verifier, for exactly the certificate of this connection. So whoever signed the certificate says nothing,
    /// and nobody in between can read anything.
    Password,
    /// By a certificate for its host name, from an authority in this file (PEM).
    Certificate {
        /// The file.
        roots: PathBuf,
    },
}

impl Proof {
    /// Makes connections. Those with [`Proof::Password`] are worth nothing without channel binding.
    ///
    /// # Errors
    /// When the file with the authorities cannot be read or has none.
    pub(super) fn connector(&self) -> anyhow::Result<MakeRustlsConnect> {
        Ok(MakeRustlsConnect::new(self.client()?))
    }

    fn client(&self) -> anyhow::Result<ClientConfig> {
        let provider = aws_lc_rs::default_provider();
        let proven_by_password = ProvenByPassword(provider.signature_verification_algorithms);
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?;
        Ok(match self {
            Self::Password => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(proven_by_password))
            }
            Self::Certificate { roots } => builder.with_root_certificates(authorities(roots)?),
        }
        .with_no_client_auth())
    }
}

fn authorities(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    for certificate in certificates {
        store.add(certificate?)?;
    }
    ensure!(!store.is_empty(), "{} has no certificate", file.display());
    Ok(store)
}

/// Takes any certificate whose key the server has.
#[derive(Debug)]
struct ProvenByPassword(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for ProvenByPassword {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
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

    /// What a client that wants this proof says of a server that shows a certificate and signs with a key.
    fn shake_hands(
        folder: &Path,
        proof: &Proof,
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
        let client = Arc::new(proof.client().unwrap());
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

    /// Without the key, somebody in between could show the right certificate, to which the proof is bound.
    #[rstest]
    fn who_proves_nothing_is_refused(
        #[values(&TLS12, &TLS13)] version: &'static SupportedProtocolVersion,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        ["server", "other"].iter().for_each(|name| certify(folder, name));
        let signed_by = |name: &str| Proof::Certificate { roots: folder.join(name) };
        for (proof, key, name, is_good) in [
            (Proof::Password, "server.key", "any.example", true),
            (Proof::Password, "other.key", "any.example", false),
            (signed_by("server.crt"), "server.key", "db.example", true),
            (signed_by("server.crt"), "other.key", "db.example", false),
            (signed_by("server.crt"), "server.key", "any.example", false),
            (signed_by("other.crt"), "server.key", "db.example", false),
        ] {
            let outcome = shake_hands(folder, &proof, key, name, version);
            let refused = matches!(outcome, Err(Error::InvalidCertificate(_)));
            assert_eq!(
                (outcome.is_ok(), refused),
                (is_good, !is_good),
                "{proof:?} {key} {name}: {outcome:?}"
            );
        }
    }

    #[test]
    fn a_file_without_authorities_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("empty.crt", ""), ("text.crt", "certificate")] {
            std::fs::write(folder.path().join(name), content).unwrap();
            assert!(authorities(&folder.path().join(name)).is_err(), "{name}");
        }
        assert!(authorities(&folder.path().join("missing.crt")).is_err());
    }
}

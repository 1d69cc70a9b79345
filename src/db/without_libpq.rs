//! How another driver than libpq reaches the same PostgreSQL server, with no less protection.

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode};

use super::tls::Proof;
use super::url::{ACKNOWLEDGE, CONNECT, DatabaseUrl, IDLE, INTERVAL, NETWORK, RETRIES};

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub(super) struct WithoutLibpq {
    pub(super) config: Config,
    /// How the server proves itself over TLS; `None` without TLS.
    pub(super) proof: Option<Proof>,
}

impl WithoutLibpq {
    /// `None` when the URI says something that only libpq understands, names several servers, or demands TLS in which
    /// nothing would prove that it is the right server.
    pub(super) fn of(url: &DatabaseUrl) -> Option<Self> {
        let DatabaseUrl::Postgres(uri) = url else {
            return None;
        };
        let (address, parameters) = uri.split_once('?').unwrap_or((uri, ""));
        let (mut rest, mut verifies, mut roots) = (Vec::new(), false, None);
        for parameter in parameters.split('&') {
            match parameter.split_once('=') {
                // Names and units of these differ between the drivers.
                Some((name, _)) if NETWORK.iter().any(|(limit, _)| name == *limit) => {}
                Some(("sslmode", "verify-full")) => verifies = true,
                Some(("sslrootcert", path)) if path != "system" && roots.is_none() => {
                    roots = Some(percent_decode_str(path).decode_utf8().ok()?.into_owned());
                }
                _ => rest.push(parameter),
            }
        }
        let mut config: Config = format!("{address}?{}", rest.join("&")).parse().ok()?;
        let is_bound = config.get_channel_binding() == ChannelBinding::Require;
        let demands_tls = verifies || config.get_ssl_mode() == SslMode::Require;
        let proof = match (verifies, roots, is_bound) {
            (true, Some(roots), _) => Some(Proof::Certificate { roots: roots.into() }),
            (false, None, true) => Some(Proof::Password),
            (false, None, false) if !demands_tls => None,
            _ => return None,
        };
        if config.get_hosts().len() > 1 {
            return None;
        }
        config
            .ssl_mode(if proof.is_some() { SslMode::Require } else { SslMode::Disable })
            .connect_timeout(CONNECT)
            .tcp_user_timeout(ACKNOWLEDGE)
            .keepalives_idle(IDLE)
            .keepalives_interval(INTERVAL)
            .keepalives_retries(u32::try_from(RETRIES).ok()?);
        Some(Self { config, proof })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(parameters: &str) -> Option<WithoutLibpq> {
        let uri = format!("postgres://me:p%3Dwd@db.example:6432/tasks{parameters}");
        WithoutLibpq::of(&DatabaseUrl::parse(&uri).unwrap())
    }

    #[test]
    fn another_driver_gets_what_it_knows() {
        let options = "?connect_timeout=60&options=-c%20search_path%3Dmine&keepalives_count=9";
        let WithoutLibpq { config, proof } = of(options).unwrap();
        assert_eq!(config.get_password(), Some(b"p=wd".as_slice()));
        assert_eq!(config.get_options(), Some("-c search_path=mine"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(10)));
        assert_eq!(config.get_keepalives_retries(), Some(3));
        assert_eq!((config.get_ssl_mode(), proof), (SslMode::Disable, None));
        let file = DatabaseUrl::parse("sqlite://tasks.db").unwrap();
        assert!(WithoutLibpq::of(&file).is_none());
    }

    #[test]
    fn over_tls_the_server_proves_itself_or_there_is_no_other_driver() {
        let verified = Proof::Certificate { roots: "/etc/my ca.crt".into() };
        for (parameters, expected) in [
            ("", None),
            ("?sslmode=disable", None),
            ("?sslmode=prefer", None),
            ("?channel_binding=require", Some(Proof::Password)),
            ("?sslmode=require&channel_binding=require", Some(Proof::Password)),
            ("?sslmode=verify-full&sslrootcert=/etc/my%20ca.crt", Some(verified.clone())),
            (
                "?sslrootcert=/etc/my%20ca.crt&sslmode=verify-full&channel_binding=require",
                Some(verified),
            ),
        ] {
            let WithoutLibpq { config, proof } = of(parameters).unwrap();
            assert_eq!(config.get_ssl_mode() == SslMode::Require, proof.is_some(), "{parameters}");
            assert_eq!(proof, expected, "{parameters}");
        }
        for unknown in [
            "?sslmode=require",
            "?sslmode=require&channel_binding=prefer",
            "?sslmode=require&sslrootcert=ca.crt",
            "?sslmode=verify-ca&sslrootcert=ca.crt",
            "?sslmode=verify-full",
            "?sslmode=verify-full&channel_binding=require",
            "?sslmode=verify-full&sslrootcert=system",
            "?sslmode=verify-full&sslrootcert=ca.crt&sslrootcert=other.crt",
            "?sslmode=verify-full&sslrootcert=ca.crt&sslcrl=list.crl",
            "?sslrootcert=ca.crt",
            "?sslrootcert=ca.crt&channel_binding=require",
            "?gssencmode=require",
            "?passfile=pass",
            "?host=a,b",
        ] {
            assert!(of(unknown).is_none(), "{unknown}");
        }
    }
}

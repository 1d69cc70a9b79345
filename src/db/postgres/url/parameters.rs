//! What some parameters of libpq may be.

use std::path::PathBuf;

use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use crate::db::url::DatabaseUrlError;

type Refusal = DatabaseUrlError;

/// How much of the server's identity is verified (`sslmode` of libpq).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) enum Verify {
    /// Nothing: any certificate is accepted. It protects from eavesdroppers alone.
    Nothing,
    /// That one of the roots signed the certificate.
    Authority,
    /// That, and that the certificate is made out to the host's name.
    AuthorityAndName,
}

/// Which certificates are roots (`sslrootcert` of libpq).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::db) enum Roots {
    /// Those of the operating system.
    System,
    /// Those of a PEM file.
    File(PathBuf),
}

/// The refusal of a value.
pub(super) fn invalid(name: &'static str, expected: &'static str) -> Refusal {
    Refusal::InvalidParameter { name, expected }
}

pub(super) fn ssl_mode(value: &str) -> Result<(SslMode, Verify), Refusal> {
    match value {
        "disable" => Ok((SslMode::Disable, Verify::Nothing)),
        "prefer" => Ok((SslMode::Prefer, Verify::Nothing)),
        "require" => Ok((SslMode::Require, Verify::Nothing)),
        "verify-ca" => Ok((SslMode::Require, Verify::Authority)),
        "verify-full" => Ok((SslMode::Require, Verify::AuthorityAndName)),
        _ => Err(invalid("sslmode", "disable, prefer, require, verify-ca or verify-full")),
    }
}

pub(super) fn channel_binding(value: &str) -> Result<ChannelBinding, Refusal> {
    match value {
        "disable" => Ok(ChannelBinding::Disable),
        "prefer" => Ok(ChannelBinding::Prefer),
        "require" => Ok(ChannelBinding::Require),
        _ => Err(invalid("channel_binding", "disable, prefer or require")),
    }
}

pub(super) fn target_session_attrs(value: &str) -> Result<TargetSessionAttrs, Refusal> {
    match value {
        "any" => Ok(TargetSessionAttrs::Any),
        "read-write" => Ok(TargetSessionAttrs::ReadWrite),
        "read-only" => Ok(TargetSessionAttrs::ReadOnly),
        _ => Err(invalid("target_session_attrs", "any, read-write or read-only")),
    }
}

//! Tests of the module as a whole: published test vectors, the key set and its cache with every kind of
//! endpoint, and properties of all tokens.

mod claims;
mod confusion;
mod cookbook_vectors;
mod endpoint;
mod fixtures;
mod guards;
mod jwk;
mod jwks;
mod jwks_cache;
mod jwks_concurrency;
mod jwks_fetch;
mod jws_vectors;
mod jwt_cache;
mod logout;
mod properties;
mod revocations;
mod signature_vectors;
mod single_bits;
mod unknown_key;
mod vectors;

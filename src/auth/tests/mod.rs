//! Tests that look at the module as a whole: the vectors of others, the key set and its cache under
//! every kind of endpoint, and properties that hold for all tokens.

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
mod properties;
mod signature_vectors;
mod single_bits;
mod vectors;

//! Tests that look at the module as a whole: the vectors of others, the key set and its cache under

mod confusion;
mod cookbook_vectors;
mod fixtures;
mod jwk;
mod jwks;
mod jws_vectors;
mod signature_vectors;
mod vectors;

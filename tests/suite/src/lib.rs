//! What the acceptance tests share: a phone with a store of its own, and the model server as its network.

pub mod phone;
pub mod workload;

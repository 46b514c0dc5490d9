//! What the acceptance tests share: a phone with a store of its own, networks that break or hold up and
//! lead to the model server or to a real one, and others who change the account meanwhile.

pub mod cuts;
pub mod desk;
pub mod gates;
pub mod kinds;
pub mod phone;
pub mod proxy;
pub mod rounds;
pub mod scene;
pub mod servers;
pub mod sim;
pub mod wishes;
pub mod workload;

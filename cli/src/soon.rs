#![allow(missing_docs, dead_code, clippy::unused_async)]
use std::path::Path;
use postrider::api::*;
pub(crate) trait Soon {
    async fn search(&self, _q: &str, _a: Option<AccountId>, _l: u32) -> Result<Vec<MessageRow>, CoreError> { Ok(vec![]) }
    async fn search_server(&self, _a: AccountId, _q: &str, _l: u32) -> Result<Vec<MessageRow>, CoreError> { Ok(vec![]) }
    async fn check(&self, _r: bool) -> Result<Health, CoreError> { Ok(Health::default()) }
    async fn backup(&self, _f: &Path) -> Result<(), CoreError> { Ok(()) }
    async fn restore(_f: &Path, _d: &Path) -> Result<(), CoreError> { Ok(()) }
}
impl Soon for Core {}

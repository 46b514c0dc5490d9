#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crate::api::testing::opened;

#[tokio::test]
async fn a_store_of_schema_1_becomes_searchable_by_being_opened() {
    let dir = tempfile::tempdir().unwrap();
    crate::store::testing::thaw(dir.path());
    let core = opened(dir.path()).await;
    let all_indexed = async {
        while core.unindexed().await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_indexed).await.unwrap();
    for (query, count) in [("hello", 1), ("first", 1), ("fi", 1), ("mail", 3)] {
        assert_eq!(core.search(query, None, 9).await.unwrap().len(), count, "{query}");
    }
    core.close().await.unwrap();
}

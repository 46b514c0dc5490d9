//! The source of the API: the files of `core/src/api`, and what they re-export from the modules below.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, UseTree, Visibility};

/// The items that the API consists of.
pub(crate) struct Source {
    /// Of the API's own files.
    pub(crate) own: Vec<Item>,
    /// Of the modules below it, as far as it re-exports them; the names they stand under in a macro included.
    pub(crate) below: Vec<Item>,
    /// The names that it re-exports.
    pub(crate) names: Vec<String>,
    /// The modules that were read for them.
    modules: Vec<String>,
}

impl Source {
    /// Reads them, and has cargo run this again when they change.
    pub(crate) fn read(core: &Path) -> Self {
        println!("cargo:rerun-if-changed=build");
        let mut source = Self { own: Vec::new(), below: Vec::new(), names: Vec::new(), modules: Vec::new() };
        for item in items(&core.join("api")) {
            match item {
                Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => source.re_export(core, &item.tree),
                item => source.own.push(item),
            }
        }
        source
    }

    /// `pub use crate::module::{names}`.
    fn re_export(&mut self, core: &Path, tree: &UseTree) {
        let UseTree::Path(root) = tree else { return };
        let UseTree::Path(module) = &*root.tree else { return };
        if root.ident != "crate" {
            return;
        }
        let module_name = module.ident.to_string();
        if !self.modules.contains(&module_name) {
            self.below.extend(items(&core.join(&module_name)));
            self.modules.push(module_name);
        }
        names(&module.tree, &mut self.names);
    }
}

fn names(tree: &UseTree, found: &mut Vec<String>) {
    match tree {
        UseTree::Name(name) => found.push(name.ident.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
        _ => panic!("the API re-exports by name, from modules at the root of the core"),
    }
}

/// Everything at the top of the files of a folder.
fn items(folder: &Path) -> Vec<Item> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the core has this module").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.is_dir() {
            found.extend(items(&file));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let code = fs::read_to_string(&file).expect("a readable file");
            found.extend(syn::parse_file(&code).expect("Rust").items);
        }
    }
    found
}

/// The documentation among the attributes. What would end or open a comment in Kotlin is refused.
pub(crate) fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    let docs: Vec<Attribute> = attributes.iter().filter(|one| one.path().is_ident("doc")).cloned().collect();
    for doc in &docs {
        let text = quote::quote!(#doc).to_string();
        assert!(!text.contains("*/") && !text.contains("/*"), "ends or opens a comment in Kotlin: {text}");
    }
    docs
}

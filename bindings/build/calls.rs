//! The calls of `Core`: each as it stands, on the bindings' own runtime.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Ident, ImplItem, ImplItemFn, Item, Pat, Type, Visibility};

use crate::source::{Source, docs};

/// What takes or gives a handle: exported by hand.
const BY_HAND: &[&str] = &["close", "log_on_disk", "observe", "open", "open_inline", "part", "raw", "sync"];

/// The exports of all calls.
pub(crate) fn export(source: &Source) -> TokenStream {
    let blocks = source.own.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() && is_core(&block.self_ty) => Some(block),
        _ => None,
    });
    let (mut methods, mut functions) = (TokenStream::new(), TokenStream::new());
    for item in blocks.flat_map(|block| &block.items) {
        let ImplItem::Fn(call) = item else { continue };
        if !matches!(call.vis, Visibility::Public(_)) || BY_HAND.iter().any(|name| call.sig.ident == name) {
            continue;
        }
        assert!(call.sig.asyncness.is_some(), "{} of Core is not async", call.sig.ident);
        match call.sig.receiver() {
            Some(_) => methods.extend(method(call)),
            None => functions.extend(function(call)),
        }
    }
    quote!(#[uniffi::export] impl Core { #methods } #functions)
}

fn is_core(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.path.is_ident("Core"))
}

fn method(call: &ImplItemFn) -> TokenStream {
    let (docs, name, output) = (docs(&call.attrs), &call.sig.ident, &call.sig.output);
    let (taken, given): (Vec<_>, Vec<_>) = arguments(call).unzip();
    quote! {
        #(#docs)*
        pub async fn #name(&self, #(#taken),*) #output {
            self.run(move |core| async move { core.#name(#(#given),*).await }).await
        }
    }
}

/// What needs no open store.
fn function(call: &ImplItemFn) -> TokenStream {
    let (docs, name, output) = (docs(&call.attrs), &call.sig.ident, &call.sig.output);
    let (taken, given): (Vec<_>, Vec<_>) = arguments(call).unzip();
    quote! {
        #(#docs)*
        #[uniffi::export]
        pub async fn #name(#(#taken),*) #output {
            run_once(async move { postrider::api::Core::#name(#(#given),*).await }).await
        }
    }
}

/// Each argument as it is taken, and as it is given on: what is borrowed there is owned here.
fn arguments(call: &ImplItemFn) -> impl Iterator<Item = (TokenStream, TokenStream)> {
    call.sig.inputs.iter().filter_map(|argument| {
        let FnArg::Typed(argument) = argument else { return None };
        let Pat::Ident(pattern) = &*argument.pat else { panic!("an argument without a name") };
        let (name, of): (&Ident, &Type) = (&pattern.ident, &argument.ty);
        Some(match quote!(#of).to_string().as_str() {
            "& str" => (quote!(#name: String), quote!(&#name)),
            "& Path" => (quote!(#name: String), quote!(std::path::Path::new(&#name))),
            "Option < & str >" => (quote!(#name: Option<String>), quote!(#name.as_deref())),
            _ => (quote!(#name: #of), quote!(#name)),
        })
    })
}

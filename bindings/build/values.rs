//! Records, enums, ids and the error.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::visit_mut::{VisitMut, visit_path_mut};
use syn::{Attribute, Fields, Ident, Item, ItemEnum, ItemStruct, LitBool, LitStr, Meta, Path, Token, Type, Visibility};

use crate::source::{Source, docs};

/// What holds handles of the host, and is taken apart by hand.
const BY_HAND: &[&str] = &["CoreOptions"];

/// Options: what is not given has the usual value. Other records are given in full.
const OPTIONS: &[&str] = &["FlagChange", "ListFilter", "SyncOptions"];

/// The exports of all values.
pub(crate) fn export(source: &Source) -> TokenStream {
    let own = source.own.iter().map(|item| (item, true));
    let below = source.below.iter().map(|item| (item, false));
    let wanted = |name: &Ident, own: bool| own || source.names.iter().any(|other| name == other);
    let exported = own.chain(below).filter_map(|(item, own)| match item {
        Item::Struct(item) if is_public(&item.vis) && wanted(&item.ident, own) => record(item.clone()),
        Item::Enum(item) if is_public(&item.vis) && wanted(&item.ident, own) => enumeration(item.clone()),
        Item::Macro(item) if item.mac.path.is_ident("id") => {
            let id: Id = item.mac.parse_body().expect("id!(/// what it is\nName)");
            wanted(&id.name, own).then(|| newtype(&docs(&id.attributes), &id.name, &syn::parse_quote!(i64)))
        }
        Item::Macro(item) if item.mac.path.is_ident("core_error") => {
            Some(error(&item.mac.parse_body().expect("the table of errors")))
        }
        _ => None,
    });
    exported.collect()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// A struct of public fields is a record, or an id. Others are handles.
fn record(mut item: ItemStruct) -> Option<TokenStream> {
    if BY_HAND.iter().any(|name| item.ident == name) || !item.fields.iter().all(|field| is_public(&field.vis)) {
        return None;
    }
    let docs = docs(&item.attrs);
    match &mut item.fields {
        Fields::Unit => return None,
        Fields::Unnamed(fields) => return Some(newtype(&docs, &item.ident, &fields.unnamed.first()?.ty)),
        Fields::Named(_) => {}
    }
    let is_option = OPTIONS.iter().any(|name| item.ident == name);
    item.attrs = docs;
    for field in &mut item.fields {
        field.attrs = crate::source::docs(&field.attrs);
        if is_option && has_default(&field.ty) {
            field.attrs.push(syn::parse_quote!(#[uniffi(default)]));
        }
    }
    LastNames.visit_item_struct_mut(&mut item);
    Some(quote!(#[uniffi::remote(Record)] #item))
}

/// Whether uniffi knows the usual value of a type: it does not know that of an enum.
fn has_default(of: &Type) -> bool {
    const KNOWN: &[&str] = &["Option", "String", "Vec", "bool", "u32", "u64"];
    matches!(of, Type::Path(path) if KNOWN.iter().any(|known| path.path.segments.first().is_some_and(|first| first.ident == known)))
}

/// Errors of single parts are no values: calls fail with the one error.
fn enumeration(mut item: ItemEnum) -> Option<TokenStream> {
    if item.attrs.iter().any(derives_error) {
        return None;
    }
    item.attrs = docs(&item.attrs);
    for variant in &mut item.variants {
        variant.attrs = docs(&variant.attrs);
        variant.fields.iter_mut().for_each(|field| field.attrs = docs(&field.attrs));
    }
    LastNames.visit_item_enum_mut(&mut item);
    Some(quote!(#[uniffi::remote(Enum)] #item))
}

fn derives_error(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let derived = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).unwrap_or_default();
    list.path.is_ident("derive")
        && derived.iter().any(|path| path.segments.last().is_some_and(|last| last.ident == "Error"))
}

fn newtype(docs: &[Attribute], name: &Ident, inner: &Type) -> TokenStream {
    quote! {
        uniffi::custom_type!(#(#docs)* #name, #inner, {
            remote,
            lower: |value| value.0,
            try_lift: |value| Ok(#name(value)),
        });
    }
}

/// `crate::account::BodyPolicy` is `BodyPolicy` where it is exported.
struct LastNames;

impl VisitMut for LastNames {
    fn visit_path_mut(&mut self, path: &mut Path) {
        if path.segments.first().is_some_and(|first| first.ident == "crate")
            && let Some(last) = path.segments.last().cloned()
        {
            *path = last.into();
        }
        visit_path_mut(self, path);
    }
}

/// What `id!` of the model is given.
struct Id {
    attributes: Vec<Attribute>,
    name: Ident,
}

impl Parse for Id {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self { attributes: input.call(Attribute::parse_outer)?, name: input.parse()? })
    }
}

/// A line of the table of errors.
struct Kind {
    attributes: Vec<Attribute>,
    name: Ident,
}

impl Parse for Kind {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let kind = Self { attributes: input.call(Attribute::parse_outer)?, name: input.parse()? };
        input.parse::<Token![=>]>()?;
        input.parse::<LitStr>()?;
        for _fact in ["retryable", "needs_user"] {
            input.parse::<Token![,]>()?;
            input.parse::<Ident>()?;
            input.parse::<Token![:]>()?;
            input.parse::<LitBool>()?;
        }
        Ok(kind)
    }
}

struct Kinds(Punctuated<Kind, Token![;]>);

impl Parse for Kinds {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Punctuated::parse_terminated).map(Self)
    }
}

fn error(kinds: &Kinds) -> TokenStream {
    let variants = kinds.0.iter().map(|kind| {
        let (docs, name) = (docs(&kind.attributes), &kind.name);
        quote! {
            #(#docs)*
            #name {
                /// What happened, for people. Holds no secret and no text from mails.
                text: String,
                /// The response code that the server gave, such as `OVERQUOTA`.
                server_code: Option<String>,
            },
        }
    });
    let name = format_ident!("CoreError");
    quote! {
        /// Why a call failed. Closed: every failure is one of these.
        #[uniffi::remote(Error)]
        pub enum #name { #(#variants)* }
    }
}

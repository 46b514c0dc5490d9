//! The extensions of IMAP that the model server knows.

macro_rules! extensions {
    ($($(#[$doc:meta])* $name:ident = $capability:literal,)*) => {
        /// An extension of IMAP4rev1 that a profile offers or not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Extension {
            $($(#[$doc])* $name,)*
        }

        impl Extension {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Those that matter before the login.
            pub(crate) const BEFORE_LOGIN: [Self; 6] =
                [Self::SaslIr, Self::Id, Self::Enable, Self::Idle, Self::LiteralPlus, Self::LiteralMinus];

            /// The word in CAPABILITY.
            pub const fn capability(self) -> &'static str {
                match self {
                    $(Self::$name => $capability,)*
                }
            }

            /// The extension behind a word of CAPABILITY.
            pub fn from_capability(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.capability().eq_ignore_ascii_case(word))
            }
        }
    };
}

extensions! {
    /// RFC 4959.
    SaslIr = "SASL-IR",
    /// RFC 2971.
    Id = "ID",
    /// RFC 5161.
    Enable = "ENABLE",
    /// RFC 2177.
    Idle = "IDLE",
    /// RFC 2342.
    Namespace = "NAMESPACE",
    /// RFC 3348.
    Children = "CHILDREN",
    /// RFC 3691.
    Unselect = "UNSELECT",
    /// RFC 4315.
    UidPlus = "UIDPLUS",
    /// RFC 6851.
    Move = "MOVE",
    /// RFC 7162.
    Condstore = "CONDSTORE",
    /// RFC 7162; needs CONDSTORE and ENABLE.
    Qresync = "QRESYNC",
    /// RFC 4731.
    Esearch = "ESEARCH",
    /// RFC 5258.
    ListExtended = "LIST-EXTENDED",
    /// RFC 5819.
    ListStatus = "LIST-STATUS",
    /// RFC 6154.
    SpecialUse = "SPECIAL-USE",
    /// RFC 6154.
    CreateSpecialUse = "CREATE-SPECIAL-USE",
    /// RFC 7888.
    LiteralPlus = "LITERAL+",
    /// RFC 7888.
    LiteralMinus = "LITERAL-",
    /// RFC 3516.
    Binary = "BINARY",
    /// RFC 4978.
    Compress = "COMPRESS=DEFLATE",
    /// RFC 5465, the part that a client needs.
    Notify = "NOTIFY",
    /// RFC 8474.
    ObjectId = "OBJECTID",
    /// RFC 8970.
    Preview = "PREVIEW",
    /// RFC 8438.
    StatusSize = "STATUS=SIZE",
    /// RFC 7889.
    AppendLimit = "APPENDLIMIT",
    /// RFC 9755.
    Utf8Accept = "UTF8=ACCEPT",
    /// RFC 9208.
    Quota = "QUOTA",
    /// RFC 8508.
    Replace = "REPLACE",
    /// RFC 3502.
    MultiAppend = "MULTIAPPEND",
    /// Gmail's message ids, thread ids and labels.
    GmExt = "X-GM-EXT-1",
}

/// A SASL mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// User and password in two answers; never standardised.
    Login,
    /// Google's and Microsoft's bearer tokens.
    XOAuth2,
    /// RFC 7628.
    OAuthBearer,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Login, Self::XOAuth2, Self::OAuthBearer];

    /// Its registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// The mechanism of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }
}

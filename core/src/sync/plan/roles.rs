//! What a mailbox is for: the server's word (SPECIAL-USE, RFC 6154) where it gives one, else its name.

use std::collections::BTreeMap;

use crate::model::MailboxRole;

/// Names under which servers and clients make the special mailboxes where no attribute tells, in lower case. Only
/// names seen in the field or made by a widespread client in that language.
const NAMES: &[(MailboxRole, &[&str])] = &[
    (
        MailboxRole::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "sent-mail",
            "sentmail",
            "gesendet",
            "gesendete objekte",
            "gesendete elemente",
            "gesendete nachrichten",
            "envoyés",
            "messages envoyés",
            "éléments envoyés",
            "objets envoyés",
            "enviados",
            "elementos enviados",
            "mensajes enviados",
            "correo enviado",
            "enviadas",
            "itens enviados",
            "mensagens enviadas",
            "inviati",
            "posta inviata",
            "posta in uscita",
            "elementi inviati",
            "verzonden",
            "verzonden items",
            "verzonden berichten",
            "skickat",
            "skickade objekt",
            "skickade meddelanden",
            "sendt",
            "sendte elementer",
            "sendt post",
            "lähetetyt",
            "lähetetyt viestit",
            "wysłane",
            "elementy wysłane",
            "odeslané",
            "odeslaná pošta",
            "odoslané",
            "отправленные",
            "надіслані",
            "відправлені",
            "изпратени",
            "elküldött elemek",
            "elküldött",
            "trimise",
            "elemente trimise",
            "poslano",
            "poslane stavke",
            "gönderilmiş öğeler",
            "gönderilenler",
            "gönderilmiş postalar",
            "απεσταλμένα",
            "נשלחו",
            "العناصر المرسلة",
            "送信済み",
            "送信済みトレイ",
            "送信済みアイテム",
            "送信済みメール",
            "已发送",
            "已发送邮件",
            "已发邮件",
            "寄件備份",
            "寄件備份匣",
            "已寄出",
            "보낸 편지함",
            "보낸편지함",
            "보낸메일함",
            "đã gửi",
            "đã gởi",
            "terkirim",
        ],
    ),
    (
        MailboxRole::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "entwurf",
            "brouillons",
            "brouillon",
            "borradores",
            "borrador",
            "rascunhos",
            "rascunho",
            "bozze",
            "concepten",
            "utkast",
            "kladder",
            "kladde",
            "luonnokset",
            "robocze",
            "wersje robocze",
            "szkice",
            "koncepty",
            "rozepsané",
            "черновики",
            "чернетки",
            "чернови",
            "piszkozatok",
            "ciorne",
            "osnutki",
            "nacrti",
            "taslaklar",
            "πρόχειρα",
            "טיוטות",
            "المسودات",
            "下書き",
            "草稿",
            "草稿箱",
            "草稿匣",
            "임시보관함",
            "임시 보관함",
            "thư nháp",
            "bản nháp",
            "draf",
            "konsep",
        ],
    ),
    (
        MailboxRole::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "papierkorb",
            "gelöscht",
            "gelöschte objekte",
            "gelöschte elemente",
            "gelöschte nachrichten",
            "corbeille",
            "éléments supprimés",
            "messages supprimés",
            "papelera",
            "elementos eliminados",
            "eliminados",
            "mensajes eliminados",
            "lixeira",
            "lixo",
            "itens excluídos",
            "itens eliminados",
            "cestino",
            "posta eliminata",
            "elementi eliminati",
            "prullenbak",
            "prullenmand",
            "verwijderde items",
            "verwijderde berichten",
            "papperskorgen",
            "borttaget",
            "borttagna objekt",
            "papirkurv",
            "papirkurven",
            "slettet post",
            "slettede elementer",
            "roskakori",
            "poistetut",
            "kosz",
            "elementy usunięte",
            "usunięte",
            "koš",
            "odstraněná pošta",
            "odstránené",
            "корзина",
            "удаленные",
            "удалённые",
            "кошик",
            "видалені",
            "кошче",
            "изтрити",
            "kuka",
            "törölt elemek",
            "lomtár",
            "coș de gunoi",
            "elemente șterse",
            "koš za smeće",
            "smeti",
            "çöp",
            "çöp kutusu",
            "silinmiş öğeler",
            "κάδος απορριμμάτων",
            "διαγραμμένα",
            "אשפה",
            "פריטים שנמחקו",
            "المهملات",
            "سلة المهملات",
            "العناصر المحذوفة",
            "ごみ箱",
            "ゴミ箱",
            "削除済みアイテム",
            "已删除",
            "已删除邮件",
            "废件箱",
            "垃圾桶",
            "已刪除的郵件",
            "刪除的郵件",
            "휴지통",
            "지운 편지함",
            "thùng rác",
            "sampah",
        ],
    ),
    (
        MailboxRole::Junk,
        &[
            "junk",
            "junk mail",
            "junk e-mail",
            "junk email",
            "spam",
            "bulk mail",
            "bulk",
            "spamverdacht",
            "werbung",
            "unerwünscht",
            "courrier indésirable",
            "indésirables",
            "pourriel",
            "correo no deseado",
            "no deseado",
            "correo basura",
            "lixo eletrônico",
            "lixo eletrónico",
            "posta indesiderata",
            "indesiderata",
            "ongewenste e-mail",
            "ongewenst",
            "skräppost",
            "søppelpost",
            "uønsket mail",
            "uønsket e-post",
            "roskaposti",
            "wiadomości-śmieci",
            "wiadomości śmieci",
            "nevyžádaná pošta",
            "nevyžiadaná pošta",
            "спам",
            "нежелательная почта",
            "небажана пошта",
            "нежелана поща",
            "levélszemét",
            "gyanús",
            "mesaje nedorite",
            "neželena pošta",
            "istenmeyen",
            "gereksiz",
            "önemsiz",
            "önemsiz e-posta",
            "ανεπιθύμητα",
            "דואר זבל",
            "البريد غير الهام",
            "迷惑メール",
            "垃圾邮件",
            "垃圾郵件",
            "垃圾邮件箱",
            "스팸",
            "스팸메일함",
            "스팸편지함",
            "정크 메일",
            "thư rác",
        ],
    ),
    (
        MailboxRole::Archive,
        &[
            "archive",
            "archives",
            "archiv",
            "archivé",
            "archivio",
            "archivo",
            "archivados",
            "arquivo",
            "arquivados",
            "archief",
            "arkiv",
            "arkisto",
            "archiwum",
            "archív",
            "архив",
            "архів",
            "archívum",
            "arhivă",
            "arhiv",
            "arşiv",
            "αρχείο",
            "ארכיון",
            "الأرشيف",
            "أرشيف",
            "アーカイブ",
            "归档",
            "存档",
            "封存",
            "보관함",
            "보관",
            "lưu trữ",
            "arsip",
        ],
    ),
];

/// The role that a SPECIAL-USE attribute names, given in lower case with its backslash.
pub fn of_attributes(attributes: &[String]) -> Option<MailboxRole> {
    attributes.iter().find_map(|attribute| {
        Some(match attribute.as_str() {
            "\\inbox" => MailboxRole::Inbox,
            "\\drafts" => MailboxRole::Drafts,
            "\\sent" => MailboxRole::Sent,
            "\\archive" => MailboxRole::Archive,
            "\\junk" | "\\spam" => MailboxRole::Junk,
            "\\trash" => MailboxRole::Trash,
            "\\all" | "\\allmail" => MailboxRole::All,
            "\\flagged" | "\\starred" => MailboxRole::Flagged,
            "\\important" => MailboxRole::Important,
            _ => return None,
        })
    })
}

/// The role that a display name suggests. Only a mailbox at the top may have one: `Projects/Sent` is a project's.
pub fn of_name(display: &str) -> Option<MailboxRole> {
    let name = display.strip_prefix("INBOX/").unwrap_or(display);
    let top = name.strip_prefix("[Gmail]/").or_else(|| name.strip_prefix("[Google Mail]/")).unwrap_or(name);
    if top.contains('/') {
        return None;
    }
    let folded = top.to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(role, _)| *role)
}

/// What decides the roles of one mailbox.
pub struct Candidate<'a> {
    /// The name as shown.
    pub display: &'a str,
    /// LIST attributes in lower case with their backslash.
    pub attributes: &'a [String],
    /// Whether it can hold mail.
    pub selectable: bool,
}

/// Gives each role to at most one mailbox: INBOX is the inbox; an attribute beats a name; a name counts only for a role
/// that no attribute gave; among equals the first in order wins.
pub fn assign(candidates: &[Candidate<'_>]) -> Vec<Option<MailboxRole>> {
    let mut holder: BTreeMap<MailboxRole, usize> = BTreeMap::new();
    let selectable = || candidates.iter().enumerate().filter(|(_, candidate)| candidate.selectable);
    for (index, _) in selectable().filter(|(_, candidate)| candidate.display == "INBOX") {
        holder.entry(MailboxRole::Inbox).or_insert(index);
    }
    for (index, candidate) in selectable() {
        if let Some(role) = of_attributes(candidate.attributes) {
            holder.entry(role).or_insert(index);
        }
    }
    for (index, candidate) in selectable() {
        let taken = holder.values().any(|other| *other == index);
        if let (false, Some(role)) = (taken, of_name(candidate.display)) {
            holder.entry(role).or_insert(index);
        }
    }
    let mut roles = vec![None; candidates.len()];
    for (role, index) in holder {
        if let Some(slot) = roles.get_mut(index) {
            // INBOX stays the inbox whatever else a server calls it.
            slot.get_or_insert(role);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(list: &[(&str, &[&str])]) -> Vec<Option<MailboxRole>> {
        let attributes: Vec<Vec<String>> =
            list.iter().map(|(_, words)| words.iter().map(|word| (*word).to_owned()).collect()).collect();
        let candidates: Vec<Candidate<'_>> = list
            .iter()
            .zip(&attributes)
            .map(|((display, _), attributes)| Candidate {
                display,
                attributes,
                selectable: !attributes.iter().any(|word| word == "\\noselect"),
            })
            .collect();
        assign(&candidates)
    }

    #[test]
    fn an_attribute_beats_a_name_wherever_it_stands() {
        let found = roles(&[("Sent", &[]), ("Postausgang", &["\\sent"]), ("INBOX", &[])]);
        assert_eq!(found, [None, Some(MailboxRole::Sent), Some(MailboxRole::Inbox)]);
    }

    #[test]
    fn names_in_many_languages_tell_the_role_at_the_top_and_inside_the_inbox() {
        let found = roles(&[("Papierkorb", &[]), ("INBOX/Отправленные", &[]), ("下書き", &[]), ("Work/Sent", &[])]);
        assert_eq!(found, [Some(MailboxRole::Trash), Some(MailboxRole::Sent), Some(MailboxRole::Drafts), None]);
    }

    #[test]
    fn two_mailboxes_never_share_a_role() {
        let found = roles(&[("Trash", &[]), ("Deleted Items", &[]), ("Bin", &["\\noselect"])]);
        assert_eq!(found, [Some(MailboxRole::Trash), None, None]);
    }

    #[test]
    fn no_name_stands_for_two_roles() {
        let mut seen = BTreeMap::new();
        for (role, names) in NAMES {
            for name in *names {
                assert_eq!(*name, name.to_lowercase(), "compared in lower case");
                let before = seen.insert(*name, *role);
                assert!(before.is_none_or(|other| other == *role), "{name}");
            }
        }
    }
}

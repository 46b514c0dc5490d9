//! Mails that come again and again: letters to readers, bills, notices. What differs in them is written in tables; the rest
//! is what such senders always say.

use jiff::ToSpan;

use super::letter::{Attached, DAY, Letter, When};
use super::people::{People, Person};

const HALF_A_MORNING: i64 = 6 * 60 + 30;

/// Every mail of every series.
pub(super) fn all(people: &People, now: i64) -> Option<Vec<Letter>> {
    let maker = Maker { people, mara: people.get("mara")?, now };
    Some(
        [maker.lantern()?, maker.builds()?, maker.bills()?, maker.parcels()?, maker.library()?, maker.tours()?]
            .concat(),
    )
}

struct Maker<'a> {
    people: &'a People,
    mara: Person,
    now: i64,
}

impl Maker<'_> {
    fn letter(&self, key: String, from: &str, mailbox: &str, days: i64, minute: i64) -> Option<Letter> {
        Some(Letter {
            key,
            from: self.people.get(from)?,
            to: vec![self.mara.clone()],
            mailbox: mailbox.to_owned(),
            when: When::Day(days, minute),
            flags: vec!["\\Seen".to_owned()],
            answers: None,
            subject: String::new(),
            text: String::new(),
            html: None,
            files: Vec::new(),
            header: String::new(),
        })
    }

    /// The day that was so many days ago.
    fn day(&self, days: i64) -> jiff::civil::Date {
        let time = jiff::Timestamp::from_second(self.now - days * DAY).unwrap_or_default();
        time.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// A letter to readers, each fortnight for two years, in text and in HTML.
    fn lantern(&self) -> Option<Vec<Letter>> {
        let issues: Vec<(&str, &str)> =
            include_str!("mailbox/lantern.txt").lines().filter_map(|line| line.split_once('|')).collect();
        let count = issues.len() as i64;
        let mut letters = Vec::new();
        for (index, (title, blurb)) in issues.iter().enumerate() {
            let number = index as i64 + 1;
            let newest = count - number;
            let mailbox = if newest < 2 { "INBOX" } else { "Newsletters" };
            let key = format!("lantern-{number}");
            let mut letter = self.letter(key, "lantern", mailbox, newest * 14 + 1, HALF_A_MORNING)?;
            if newest == 0 {
                letter.flags = vec!["\\Flagged".to_owned()];
            }
            letter.subject = format!("The Lantern, letter {number}: {}", lower_first(title));
            let before = index.checked_sub(1).and_then(|index| issues.get(index));
            let before =
                before.map(|(title, blurb)| format!("You may have missed: {title}. {blurb}")).unwrap_or_default();
            let next = issues.get(index + 1).map(|(title, _)| format!("Next time: {}.", lower_first(title)));
            let next = next.unwrap_or_else(|| "Next time: we do not know yet. That is the best part.".to_owned());
            letter.text =
                format!("{title}\n\nDear reader,\n\nin this letter: {blurb}\n\n{before}\n\n{next}\n\nThe Lantern");
            letter.html = Some(format!(
                "<html><body style=\"font-family: Georgia, serif; max-width: 36em\">\n<h1>{title}</h1>\n<p>Dear reader,</p>\n\
                 <p>in this letter: <b>{blurb}</b></p>\n<p>{before}</p>\n<p><i>{next}</i></p>\n<hr>\n\
                 <p><small>You get this because you asked for it on the pier. \
                 <a href=\"https://lantern.example/leave\">Leave the list</a></small></p>\n</body></html>"
            ));
            letter.header = "List-Id: The Lantern <letters.lantern.example>\r\n\
                             List-Unsubscribe: <https://lantern.example/leave>\r\n"
                .to_owned();
            letters.push(letter);
        }
        Some(letters)
    }

    /// What the machine that builds her web site says: every fifth time it is not content, and then it is.
    fn builds(&self) -> Option<Vec<Letter>> {
        let mut letters = Vec::new();
        let changes: Vec<&str> = include_str!("mailbox/builds.txt").lines().collect();
        let count = changes.len() as i64;
        for (number, change) in (0..).zip(&changes) {
            let days = (count - number) * 17 - 12;
            let verdicts: &[&str] = if number % 5 == 3 { &["failed", "passed"] } else { &["passed"] };
            for (again, verdict) in (0..).zip(verdicts) {
                let build = 380 + number * 2 + again;
                let mut letter =
                    self.letter(format!("build-{build}"), "builds", "Builds", days, 19 * 60 + 4 + again * 38)?;
                letter.subject = format!("Build {build} {verdict}: {change}");
                let tests = 160 + number * 3;
                letter.text = match *verdict {
                    "failed" => format!(
                        "Build {build} of inkpot/web failed in step 3 of 4.\n\n  fetch   ok\n  compile ok\n  test    {} ok, 1 failed\n  \
                         publish not run\n\nThe last change: {change}",
                        tests - 1
                    ),
                    _ => format!(
                        "Build {build} of inkpot/web passed.\n\n  fetch   ok\n  compile ok\n  test    {tests} ok\n  publish ok\n\n\
                         The last change: {change}"
                    ),
                };
                letter.header = "Auto-Submitted: auto-generated\r\n".to_owned();
                letters.push(letter);
            }
        }
        Some(letters)
    }

    /// Electricity with a page to file, and the telephone, each month.
    fn bills(&self) -> Option<Vec<Letter>> {
        let mut letters = Vec::new();
        let today = self.day(0);
        // Young enough that none lies in the future, by calendar months so that none is there twice.
        let latest = self.day(6).first_of_month();
        for month in 0..24i64 {
            let sent = latest.saturating_sub(month.months());
            let days = i64::from(today.since(sent).ok()?.get_days());
            let about = sent.saturating_sub(1.month());
            let number = usize::from(about.month().unsigned_abs()) - 1;
            let (name, year) = (MONTHS.get(number)?, about.year());
            let mailbox = if month == 0 { "INBOX" } else { "Bills" };
            let mut power = self.letter(format!("strom-{year}-{}", number + 1), "power", mailbox, days, 7 * 60)?;
            let used = USED.get(number)? + month % 3;
            let (francs, cents) = (used * 27 / 100 + 9, used * 27 % 100);
            power.subject = format!("Ihre Stromrechnung für {name} {year}");
            power.text = format!(
                "Guten Tag Frau Lindqvist\n\nIm {name} haben Sie {used} kWh verbraucht. Der Betrag von CHF {francs}.{cents:02} wird \
                 am 25. abgebucht. Die Rechnung liegt bei.\n\nStadtwerke Seeblick"
            );
            power.files.push(Attached { name: format!("stromrechnung-{year}-{:02}.pdf", number + 1), text: None });
            let mut phone =
                self.letter(format!("seefon-{year}-{}", number + 1), "phone", "Bills", days - 2, 5 * 60 + 15)?;
            let calls = 3 + (month * 7) % 11;
            phone.subject = format!("Seefon: Rechnung {name} {year}");
            phone.text = format!(
                "Liebe Kundin\n\nIhre Rechnung für {name}: Grundgebühr CHF 24.90, {calls} Gespräche ins Ausland CHF {calls}.40. Es ist \
                 nichts zu tun, der Betrag wird abgebucht.\n\nSeefon"
            );
            letters.extend([power, phone]);
        }
        Some(letters)
    }

    fn parcels(&self) -> Option<Vec<Letter>> {
        let mut letters = Vec::new();
        for (number, line) in (0..).zip(include_str!("mailbox/parcels.txt").lines()) {
            let mut fields = line.split('|');
            let (who, weight, when) = (fields.next()?, fields.next()?, fields.next()?);
            let mut letter =
                self.letter(format!("sendung-{number}"), "post", "Archive", 21 + number * 37, 15 * 60 + 12)?;
            letter.subject = format!("Ihre Sendung von {who} ist unterwegs");
            letter.text = format!(
                "Guten Tag\n\nIhre Sendung von {who} ({weight}) kommt {when}. Wenn niemand zu Hause ist, liegt sie im Kiosk an der \
                 Ecke.\n\nPaketdienst"
            );
            letters.push(letter);
        }
        Some(letters)
    }

    fn library(&self) -> Option<Vec<Letter>> {
        let mut letters = Vec::new();
        for (number, book) in (0..).zip(include_str!("mailbox/books.txt").lines()) {
            let days = number * 58 + 3;
            let (mailbox, key) = if number == 0 { ("INBOX", "library-due") } else { ("Archive", "library") };
            let mut due = self.letter(format!("{key}-{number}"), "library", mailbox, days, 8 * 60)?;
            due.subject = format!("Due in three days: {book}");
            due.text = format!(
                "The book that you borrowed, {book}, is due in three days. You can renew it twice.\n\nCity Library"
            );
            let mut ready =
                self.letter(format!("library-ready-{number}"), "library", "Archive", days + 27, 16 * 60 + 40)?;
            ready.subject = format!("Ready for you: {book}");
            ready.text = format!(
                "The book that you asked for, {book}, waits at the desk for a week. The door by the garden is open.\n\nCity Library"
            );
            letters.extend([due, ready]);
        }
        Some(letters)
    }

    /// What the section does, in the languages of its leaders; every year again.
    fn tours(&self) -> Option<Vec<Letter>> {
        let mut letters = Vec::new();
        let section = self.people.get("section")?;
        let tours: Vec<&str> = include_str!("mailbox/tours.txt").lines().collect();
        for year in 0..2 {
            for (number, line) in (0..).zip(&tours) {
                let mut fields = line.split('|');
                let (language, title, text, leader) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
                let days = year * 365 + number * 29 + 12;
                let date = jiff::Timestamp::from_second(self.now - (days - 10) * DAY).unwrap_or_default();
                let (hello, on, with) = match language {
                    "fr" => ("Bonjour à toutes et à tous,", "Date", "Avec"),
                    "it" => ("Cari amici,", "Data", "Con"),
                    "en" => ("Dear all,", "Date", "With"),
                    _ => ("Liebe alle,", "Datum", "Leitung"),
                };
                let key = format!("tour-{year}-{number}");
                let mut letter = self.letter(key, "ada", "Club", days, 17 * 60 + 45)?;
                letter.to = vec![section.clone()];
                letter.subject = title.to_owned();
                letter.text = format!(
                    "{hello}\n\n{text}\n\n{on}: {}\n{with}: {leader}\n\nSektion Seeblick",
                    date.strftime("%-d.%-m.%Y")
                );
                letters.push(letter);
            }
        }
        Some(letters)
    }
}

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// How many kWh a small studio with a press takes in each month.
const USED: [i64; 12] = [212, 198, 171, 140, 118, 96, 92, 95, 121, 149, 188, 207];

/// As a title goes on after a colon.
fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

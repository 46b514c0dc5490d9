//! Columns that fit the terminal.

use console::{Alignment, Style, measure_text_width, pad_str};

use super::Out;
use super::text::shorten;
use crate::exit::Failure;

/// The gap between two columns.
const GAP: usize = 2;

/// No column that may shrink gets narrower than this.
const NARROWEST: usize = 8;

/// A column of a table.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    shrinks: bool,
}

impl Column {
    /// Text, shown in full.
    pub(crate) const fn text(title: &'static str) -> Self {
        Self { title, right: false, shrinks: false }
    }

    /// A number.
    pub(crate) const fn number(title: &'static str) -> Self {
        Self { title, right: true, shrinks: false }
    }

    /// Text, cut where the terminal is too narrow.
    pub(crate) const fn shrinking(title: &'static str) -> Self {
        Self { title, right: false, shrinks: true }
    }
}

/// Rows of cells under titles.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<(Style, Vec<String>)>,
}

impl Table {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.styled(Style::new(), cells);
    }

    pub(crate) fn styled<const N: usize>(&mut self, style: Style, cells: [String; N]) {
        self.rows.push((style, cells.into()));
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it, with nothing but its titles where it has no rows.
    pub(crate) fn print(&self, out: &Out) -> Result<(), Failure> {
        let widths = self.widths(out.width());
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.to_owned()).collect();
        out.line(Style::new().dim().apply_to(self.laid_out(&titles, &widths)))?;
        for (style, cells) in &self.rows {
            out.line(style.apply_to(self.laid_out(cells, &widths)))?;
        }
        Ok(())
    }

    fn widths(&self, available: Option<usize>) -> Vec<usize> {
        let widest = |index: usize| {
            let cells = self.rows.iter().filter_map(|(_, cells)| cells.get(index));
            cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(i, c)| widest(i).max(c.title.len())).collect();
        let Some(available) = available else { return widths };
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(available);
        // The widest gives way first, one column at a time, until all fits or none can.
        while excess > 0 {
            let shrinking = self.columns.iter().zip(widths.iter_mut()).filter(|(column, _)| column.shrinks);
            match shrinking.map(|(_, width)| width).max() {
                Some(width) if *width > NARROWEST => *width -= 1,
                _ => break,
            }
            excess -= 1;
        }
        widths
    }

    fn laid_out(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((column, cell), width) in self.columns.iter().zip(cells).zip(widths) {
            let alignment = if column.right { Alignment::Right } else { Alignment::Left };
            line += &pad_str(&apart(shorten(cell, *width)), *width, alignment, None);
            line += &" ".repeat(GAP);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// With a mark (U+200E) after a cell that is written from right to left: without it a terminal that knows such scripts
/// takes it and a neighbour of the same kind for one text, and puts them into the wrong columns.
fn apart(cell: String) -> String {
    let leftwards = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    if cell.contains(leftwards) { cell + "\u{200e}" } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[Column::number("ID"), Column::shrinking("FROM"), Column::shrinking("SUBJECT")]);
        table.row(["7".into(), "Mara".into(), "議事録 of the whole meeting of Tuesday".into()]);
        table.row(["12345".into(), "Somebody Else".into(), "Hi".into()]);
        table
    }

    #[test]
    fn columns_are_aligned_whatever_the_width_of_their_characters() {
        let table = table();
        let widths = table.widths(None);
        assert_eq!(widths, [5, 13, 38]);
        assert_eq!(table.laid_out(&["7".into(), "会議".into(), "x".into()], &widths), "    7  会議           x");
    }

    #[test]
    fn neighbours_written_from_right_to_left_stay_in_their_columns() {
        let table = Table::new(&[Column::text("FROM"), Column::text("SUBJECT")]);
        assert_eq!(table.laid_out(&["نادية".into(), "القنديل".into()], &[6, 7]), "نادية\u{200e}   القنديل\u{200e}");
    }

    #[test]
    fn the_widest_column_gives_way_where_the_terminal_is_narrow() {
        let table = table();
        assert_eq!(table.widths(Some(40)), [5, 13, 18]);
        assert_eq!(table.widths(Some(30)), [5, 11, 10]);
        assert_eq!(table.widths(Some(3)), [5, 8, 8]);
    }
}

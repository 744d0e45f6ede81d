//! Entries and judges, and who sits where.

/// A judge at an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// May be drawn.
    Free,
    /// Is drawn, and may be exchanged.
    Drawn,
    /// Stood already, and stays.
    Fixed,
    /// A conflict.
    Barred,
}

pub struct Board {
    /// For each entry one a judge.
    rows: Vec<Vec<Seat>>,
    /// How many entries each judge has.
    loads: Vec<usize>,
}

impl Board {
    /// From rows of as many seats as there are judges.
    pub fn new(rows: Vec<Vec<Seat>>, judges: usize) -> Self {
        let mut board = Self {
            rows,
            loads: vec![0; judges],
        };
        for (judge, load) in board.loads.iter_mut().enumerate() {
            let fixed = |row: &&Vec<Seat>| row.get(judge) == Some(&Seat::Fixed);
            *load = board.rows.iter().filter(fixed).count();
        }
        board
    }

    pub fn entries(&self) -> usize {
        self.rows.len()
    }

    pub fn judges(&self) -> usize {
        self.loads.len()
    }

    pub fn load(&self, judge: usize) -> usize {
        self.loads.get(judge).copied().unwrap_or(0)
    }

    /// Beyond the board everything is barred.
    pub fn seat(&self, entry: usize, judge: usize) -> Seat {
        let row = self.rows.get(entry);
        row.and_then(|row| row.get(judge))
            .copied()
            .unwrap_or(Seat::Barred)
    }

    /// Who judges what, by entry.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, Seat)> {
        let rows = self.rows.iter().enumerate();
        rows.flat_map(|(entry, row)| {
            let taken = row.iter().enumerate();
            taken
                .filter(|(_, seat)| matches!(seat, Seat::Drawn | Seat::Fixed))
                .map(move |(judge, seat)| (entry, judge, *seat))
        })
    }

    /// Draws a judge whose seat is free.
    pub fn draw(&mut self, entry: usize, judge: usize) {
        self.turn(entry, judge, Seat::Free, Seat::Drawn);
    }

    /// Gives what was drawn for one judge to another one, whose seat is free.
    pub fn hand_on(&mut self, entry: usize, from: usize, to: usize) {
        self.turn(entry, from, Seat::Drawn, Seat::Free);
        self.draw(entry, to);
    }

    fn turn(&mut self, entry: usize, judge: usize, from: Seat, to: Seat) {
        let seat = self.rows.get_mut(entry).and_then(|row| row.get_mut(judge));
        if let (Some(seat), Some(load)) = (seat, self.loads.get_mut(judge)) {
            debug_assert_eq!(*seat, from, "entry {entry}, judge {judge}");
            *seat = to;
            *load = if to == Seat::Drawn {
                *load + 1
            } else {
                *load - 1
            };
        }
    }
}

//! Rows of a CSV that comes in pieces (RFC 4180).

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::lines::Fault;
use crate::platform::i18n::Words;
use crate::platform::input::LARGE_BODY;

/// Records with the numbers a spreadsheet gives their rows: blank rows count, and lines
/// inside a cell don't.
pub struct Records {
    reader: Reader,
    row: i64,
    /// At the beginning of a row, and whether the row before ended in a carriage return.
    between: bool,
    after_return: bool,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_used: usize,
    ends_used: usize,
}

impl Records {
    /// From the beginning of a file.
    pub fn new(delimiter: u8) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            row: 1,
            between: true,
            after_return: false,
            text: vec![0; 4096],
            ends: vec![0; 64],
            text_used: 0,
            ends_used: 0,
        }
    }

    /// Takes the next piece, and gives each row that ended in it to `each`.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(i64, Vec<String>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        loop {
            if self.between {
                bytes = self.skip_blank(bytes);
            }
            if bytes.is_empty() {
                return Ok(());
            }
            bytes = self.read(bytes, &mut each)?;
        }
    }

    /// The end of the file.
    pub fn end(
        &mut self,
        mut each: impl FnMut(i64, Vec<String>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        // Nothing to read is how the reader is told that nothing follows.
        while !self.between {
            self.read(&[], &mut each)?;
        }
        Ok(())
    }

    fn skip_blank<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        while let Some((first @ (b'\r' | b'\n'), rest)) = bytes.split_first() {
            let ends_the_same = *first == b'\n' && self.after_return;
            self.row += i64::from(!ends_the_same);
            self.after_return = *first == b'\r';
            bytes = rest;
        }
        if !bytes.is_empty() {
            self.between = false;
            self.after_return = false;
        }
        bytes
    }

    /// Reads on, up to the end of a row at most; gives what is left.
    fn read<'a>(
        &mut self,
        bytes: &'a [u8],
        each: &mut impl FnMut(i64, Vec<String>) -> Result<(), Fault>,
    ) -> Result<&'a [u8], Fault> {
        let text = self.text.get_mut(self.text_used..).unwrap_or_default();
        let ends = self.ends.get_mut(self.ends_used..).unwrap_or_default();
        let (result, read, text_written, ends_written) = self.reader.read_record(bytes, text, ends);
        self.text_used += text_written;
        self.ends_used += ends_written;
        if self.text_used > LARGE_BODY {
            let row = self.row;
            return Err(Words::new(
                format!("从第 {row} 行起有一个双引号没有配对，后面的内容无法分行"),
                format!("A quotation mark opened in row {row} is never closed"),
            ));
        }
        match result {
            ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::Record | ReadRecordResult::End => {
                let cells = self.take_cells();
                let row = self.row;
                self.row += 1;
                self.between = true;
                let last = read.checked_sub(1).and_then(|at| bytes.get(at));
                self.after_return = last == Some(&b'\r');
                if result == ReadRecordResult::Record {
                    each(row, cells)?;
                }
            }
        }
        Ok(bytes.get(read..).unwrap_or_default())
    }

    fn take_cells(&mut self) -> Vec<String> {
        let mut from = 0;
        let ends = self.ends.get(..self.ends_used).unwrap_or_default();
        let cells = ends
            .iter()
            .map(|&to| {
                let cell = self.text.get(from..to).unwrap_or_default();
                from = to;
                String::from_utf8_lossy(cell).into_owned()
            })
            .collect();
        (self.text_used, self.ends_used) = (0, 0);
        cells
    }
}

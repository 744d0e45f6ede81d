//! Symmetric positive definite systems by Cholesky's decomposition, in a fixed order of
//! operations.

/// The lower triangle L with L Lᵀ = A, row by row.
pub struct Cholesky {
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Of a symmetric matrix, of which the lower triangle is read; none when it is not
    /// positive definite.
    pub fn of(matrix: &[Vec<f64>]) -> Option<Self> {
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for given in matrix {
            let mut row = Vec::with_capacity(rows.len() + 1);
            for (earlier, value) in rows.iter().zip(given) {
                row.push((value - dot(earlier, &row)) / earlier.last()?);
            }
            let pivot = given.get(rows.len())? - dot(&row, &row);
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            row.push(pivot.sqrt());
            rows.push(row);
        }
        Some(Self { rows })
    }

    /// x with A x = `right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = Vec::with_capacity(right.len());
        for (row, value) in self.rows.iter().zip(right) {
            let pivot = row.last().copied().unwrap_or(1.0);
            x.push((value - dot(row, &x)) / pivot);
        }
        for row in self.rows.iter().rev() {
            let (before, rest) = x.split_at_mut(row.len() - 1);
            if let (Some(value), Some(pivot)) = (rest.first_mut(), row.last()) {
                *value /= pivot;
                for (earlier, factor) in before.iter_mut().zip(row) {
                    *earlier -= factor * *value;
                }
            }
        }
        x
    }

    /// A⁻¹, row by row.
    pub fn inverse(&self) -> Vec<Vec<f64>> {
        (0..self.rows.len())
            .map(|one| {
                let unit = (0..self.rows.len()).map(|index| if index == one { 1.0 } else { 0.0 });
                self.solve(&unit.collect::<Vec<_>>())
            })
            .collect()
    }
}

/// As far as both go.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Wikipedia's article on the decomposition.
    #[test]
    fn a_known_decomposition() {
        let matrix = [
            vec![4.0, 12.0, -16.0],
            vec![12.0, 37.0, -43.0],
            vec![-16.0, -43.0, 98.0],
        ];
        let cholesky = Cholesky::of(&matrix).unwrap();
        assert_eq!(
            cholesky.rows,
            [vec![2.0], vec![6.0, 1.0], vec![-8.0, 5.0, 3.0]]
        );
        // A (1, 2, 3) = (−20, −43, 192).
        assert_eq!(cholesky.solve(&[-20.0, -43.0, 192.0]), [1.0, 2.0, 3.0]);
        for (row, solved) in matrix.iter().zip(cholesky.inverse()) {
            assert!((dot(row, &solved) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::of(&[vec![1.0, 1.0], vec![1.0, 1.0]]).is_none());
        assert!(Cholesky::of(&[vec![-1.0]]).is_none());
        assert!(Cholesky::of(&[vec![f64::NAN]]).is_none());
    }
}

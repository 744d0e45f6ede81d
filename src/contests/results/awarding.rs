//! From a ranking to awards.

use crate::contests::rules::{Award, Rules};

/// What a rank wins. Who shares the last rank of an award has it, too, and the next award
/// has so many fewer: nobody's award depends on a lot.
pub fn awarded(rules: &Rules, rank: u32) -> Option<&Award> {
    let mut last = 0;
    rules.awards.iter().find(|award| {
        last += award.quota.get();
        i64::from(rank) <= last
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contests::results::counting::boundaries;
    use crate::contests::rules::{example, tests::read};

    fn won(ranks: &[u32]) -> Vec<Option<String>> {
        let rules = read(example());
        let key = |rank: &u32| Some(awarded(&rules, *rank)?.key.as_str().to_owned());
        ranks.iter().map(key).collect()
    }

    #[test]
    fn quotas_are_filled_from_the_top() {
        let (gold, silver) = (Some("gold".to_owned()), Some("silver".to_owned()));
        assert_eq!(won(&[1, 2, 3, 4]), [gold, silver.clone(), silver, None]);
    }

    #[test]
    fn who_shares_the_last_rank_of_an_award_has_it() {
        let gold = Some("gold".to_owned());
        assert_eq!(won(&[1, 1, 3, 4])[..2], [gold.clone(), gold]);
        assert_eq!(won(&[1, 1, 1, 1, 5])[4], None);
    }

    #[test]
    fn an_award_ends_where_the_sheet_has_its_boundary() {
        let rules = read(example());
        for boundary in boundaries(&rules).unwrap() {
            let award = |rank| awarded(&rules, rank).map(|award| &award.key);
            assert_ne!(award(boundary.get()), award(boundary.get() + 1));
        }
    }
}

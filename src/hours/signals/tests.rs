use proptest::prelude::*;

use super::*;

const NINE: i64 = 1_795_827_600_000;

fn stop(from: i64, to: i64, region: &str, near: Option<&str>) -> Stop {
    Stop {
        seq: from,
        started_at: Instant::from_millis(NINE + from * MINUTE),
        ended_at: Instant::from_millis(NINE + to * MINUTE),
        region: region.to_owned(),
        region_name: region.to_owned(),
        near: near.map(str::to_owned),
    }
}

fn kilometres(from: &Stop, to: &Stop) -> Option<Option<i64>> {
    travel(from, to).map(|facts| match facts {
        SignalFacts::ImpossibleTravel { kilometres, .. } => kilometres,
        other => panic!("{other:?}"),
    })
}

#[test]
fn distances_are_those_on_the_map() {
    // Nanchang to Ganzhou, and a quarter of a meridian.
    let far = distance((28.68, 115.86), (25.83, 114.93));
    assert!((far - 330.0).abs() < 3.0, "{far}");
    let quarter = distance((0.0, 0.0), (90.0, 0.0));
    assert!((quarter - 10_007.5).abs() < 1.0, "{quarter}");
}

#[test]
fn a_trip_is_told_as_people_tell_it() {
    let home = stop(0, 60, "360731", Some("25.95,115.41"));
    let facts = travel(&home, &stop(80, 140, "360102", Some("28.68,115.86"))).unwrap();
    let zh = "同一名志愿者 11月28日 周六 10:00 在360731结束服务，10:20 又在360102开始：中间 20 分钟，两地相距约 305 公里。";
    assert_eq!(facts.words(Lang::Zh), zh);
}

#[test]
fn nobody_travels_faster_than_a_coach() {
    let (nanchang, ganzhou) = (Some("28.68,115.86"), Some("25.83,114.93"));
    let first = stop(0, 60, "360102", nanchang);
    let found = |gap: i64, near| kilometres(&first, &stop(60 + gap, 180 + gap, "360702", near));
    assert!(found(30, ganzhou).flatten().is_some_and(|far| far > 300));
    assert!(found(160, ganzhou).is_some());
    assert_eq!(found(170, ganzhou), None);
    // Where one place is unknown, only what no road makes possible between prefectures.
    assert_eq!(found(19, None), Some(None));
    assert_eq!(found(20, None), None);
    let sister = stop(61, 90, "360103", None);
    assert_eq!(kilometres(&first, &sister), None);
    let province = stop(61, 90, "36", None);
    assert_eq!(kilometres(&first, &province), None);
    let unreadable = stop(61, 90, "360102", Some("north"));
    assert_eq!(kilometres(&first, &unreadable), None);
}

fn burst(records: i64) -> Option<Finding> {
    let burst = Burst {
        organization_id: "o".into(),
        region: "36".into(),
        recorded_by: "volunteer:a".into(),
        second: NINE / 1000,
        records: (1..=records).collect(),
    };
    burst.finding()
}

#[test]
fn ten_by_hand_in_one_second_are_looked_at() {
    assert_eq!(burst(9), None);
    let found = burst(200).unwrap();
    assert_eq!(
        (found.kind, found.records.len()),
        (SignalKind::SameSecond, NAMED)
    );
    assert!(found.facts.words(Lang::Zh).contains("200 条"));
}

fn row(minutes: &[i64]) -> Option<Finding> {
    let records = minutes.iter().zip(1..).map(|(minutes, seq)| Length {
        seq,
        on_date: "2026-11-28".into(),
        minutes: *minutes,
    });
    let row = Row {
        organization_id: "o".into(),
        region: "36".into(),
        volunteer_id: "v".into(),
        records: records.collect(),
    };
    row.finding()
}

#[test]
fn a_streak_is_whole_hours_all_along() {
    assert_eq!(row(&[60; STREAK - 1]), None);
    assert_eq!(row(&[]), None);
    let mut minutes = [120; STREAK];
    let found = row(&minutes).unwrap();
    assert!(found.finding.ends_with(":2026-11"));
    minutes[3] = 119;
    assert_eq!(row(&minutes), None);
}

fn attended(people: i64, published: i64, earliest: i64) -> Vec<SignalKind> {
    let attended = Attended {
        organization_id: "o".into(),
        region: "36".into(),
        shift_id: "s".into(),
        project_id: "p".into(),
        capacity: 12,
        people,
        published_at: Some(Instant::from_millis(published)),
        earliest: Some(Instant::from_millis(earliest)),
        records: vec![1],
    };
    attended.findings().map(|found| found.kind).collect()
}

#[test]
fn seats_and_publication_are_kept_to() {
    assert_eq!(attended(12, 5, 5), []);
    assert_eq!(attended(13, 5, 6), [SignalKind::MoreThanSeats]);
    assert_eq!(attended(1, 5, 4), [SignalKind::BeforePublication]);
    assert_eq!(attended(13, 5, 4).len(), 2);
}

fn recorder(late: usize, in_time: usize) -> Option<Finding> {
    let grades = std::iter::repeat_n(Grade::D, late).chain(std::iter::repeat_n(Grade::A, in_time));
    let recorder = Recorder {
        organization_id: "o".into(),
        region: "36".into(),
        recorded_by: "api_key:k".into(),
        entered: (1..).zip(grades).collect(),
    };
    recorder.finding(Instant::from_millis(NINE))
}

#[test]
fn mostly_is_more_than_half_of_enough() {
    assert_eq!(recorder(9, 0), None);
    assert_eq!(recorder(5, 5), None);
    let found = recorder(6, 4).unwrap();
    assert_eq!(found.records.len(), 6);
    assert_eq!(found.facts.recorder(), Some("api_key:k"));
}

#[test]
fn facts_are_kept_as_they_are_shown() {
    let both = [burst(10), row(&[60; STREAK]), recorder(10, 0)];
    let here = stop(0, 60, "360102", None);
    let facts = both.into_iter().flatten().map(|found| found.facts);
    for facts in facts.chain(travel(&here, &stop(61, 90, "360702", None))) {
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<SignalFacts>(&text).unwrap(), facts);
        for lang in [Lang::Zh, Lang::En] {
            assert!(!facts.words(lang).contains("volunteer:"), "{facts:?}");
        }
    }
}

proptest! {
    #[test]
    fn distance_is_a_distance(a in (-90.0..90.0, -180.0..180.0), b in (-90.0..90.0, -180.0..180.0)) {
        let there = distance(a, b);
        prop_assert!((0.0..=20_016.0).contains(&there));
        prop_assert!((there - distance(b, a)).abs() < 1e-6);
        prop_assert!(distance(a, a) < 1e-6);
    }

    #[test]
    fn more_time_makes_no_trip_impossible(gap in 0_i64..800, more in 0_i64..800, east in 110.0..120.0) {
        let first = stop(0, 60, "360102", Some("28.68,115.86"));
        let near = format!("28.68,{east:.2}");
        let second = |gap: i64| stop(60 + gap, 120 + gap, "360702", Some(&near));
        if travel(&first, &second(gap)).is_none() {
            prop_assert!(travel(&first, &second(gap + more)).is_none());
        }
    }

    #[test]
    fn what_overlaps_or_lies_far_apart_is_no_trip(gap in prop_oneof![-3_000_i64..0, 720_i64..9_000]) {
        let first = stop(0, 3_001, "360102", Some("28.68,115.86"));
        let second = stop(3_001 + gap, 12_100, "110101", Some("39.90,116.40"));
        prop_assert_eq!(travel(&first, &second), None);
    }

    #[test]
    fn names_are_few_and_in_order(records in proptest::collection::vec(1_i64..10_000, 0..200)) {
        let few = named(records.clone());
        prop_assert_eq!(few.len(), records.len().min(NAMED));
        prop_assert!(few.is_sorted());
    }
}

//! Credentials nobody has heard of.

use diandan::platform::clock::MINUTE;
use diandan::platform::newcomers::{is_made_up, is_shut_out, look_up, shut_out, suspects};
use diandan::platform::visit::Visit;
use pollster::FutureExt as _;

use crate::support::desk::Desk;
use crate::support::place::Place as _;

fn hash(visit: &Visit) -> String {
    visit.credential_hash().unwrap()
}

#[test]
fn one_that_comes_often_is_asked_about_once() {
    let desk = Desk::new();
    let ming = desk.place().adult();
    for (token, known) in [(&*ming.session, true), ("dds_made-up", false)] {
        let visit = desk.visit_with(token);
        let asked: Vec<bool> = (0..5).map(|_| suspects(&visit)).collect();
        assert_eq!(asked, [false, false, false, false, true]);
        assert!(!is_made_up(&hash(&visit)));
        assert_eq!(look_up(&visit).block_on().unwrap(), known);
        assert_eq!(is_made_up(&hash(&visit)), !known);
        assert!(!suspects(&visit));
    }
    assert!(!suspects(&desk.visit("/", &Default::default())));
}

#[test]
fn a_network_with_many_new_ones_is_asked_about_each() {
    let desk = Desk::new();
    let visit = |n: usize| desk.visit_with(&format!("dds_new-{n}"));
    assert!((0..60).all(|n| !suspects(&visit(n))));
    assert!(suspects(&visit(60)));
    desk.passes(MINUTE);
    assert!(!suspects(&visit(61)));
}

#[test]
fn a_network_shut_out_keeps_those_who_are_known() {
    let desk = Desk::new();
    let ming = desk.visit_with(&desk.place().adult().session);
    assert!(look_up(&ming).block_on().unwrap());
    let new = desk.visit_with("dds_another");
    shut_out(new.address_hash(), desk.now().plus(1));
    assert!(is_shut_out(&new, &hash(&new)));
    assert!(!is_shut_out(&ming, &hash(&ming)));
    desk.passes(1);
    let later = desk.visit_with("dds_another");
    assert!(!is_shut_out(&later, &hash(&later)));
}

use proptest::prelude::*;

use super::super::tests::at;
use super::*;

fn staff(number: u8) -> StaffId {
    StaffId::new(at(0), &[number; 10])
}

fn nurse(number: u8) -> By {
    By::Staff(staff(number), Role::Nurse)
}

/// What becomes of a campaign that staff member 1 has made; above 100 patients a second person is needed.
fn after(actions: &[(Action, By)]) -> Result<Life, LifeError> {
    actions.iter().try_fold(Life::new(staff(1), at(0)), |life, (action, by)| life.next(*action, Some(100), at(1), *by))
}

fn state(actions: &[(Action, By)]) -> CampaignState {
    after(actions).unwrap_or_else(|error| panic!("{actions:?}: {error}")).state
}

fn refusal(actions: &[(Action, By)]) -> String {
    after(actions).expect_err("refused").to_string()
}

const SMALL: Action = Action::Submit { recipients: 100 };
const LARGE: Action = Action::Submit { recipients: 101 };
const START: Action = Action::Start { recipients: 100 };
const START_LARGE: Action = Action::Start { recipients: 101 };
const AGAIN: Action = Action::EndRun { then: Then::Repeats };
const END: Action = Action::EndRun { then: Then::Ends };

#[test]
fn lives_of_campaigns() {
    use CampaignState::{AwaitingApproval, Canceled, Draft, Expired, Finished, Paused, Running, Scheduled};
    let (me, other, time) = (nurse(1), nurse(2), By::Time);
    for (actions, expected) in [
        (&[(SMALL, me), (START, time), (END, time)][..], Finished),
        (&[(SMALL, me), (START, time), (Action::Pause, other), (Action::Resume, me)], Running),
        (&[(SMALL, me), (START, time), (Action::Cancel, other)], Canceled),
        (&[(SMALL, me), (Action::Pause, me), (Action::Resume, me)], Scheduled),
        (&[(SMALL, me), (Action::Edit, me)], Draft),
        (&[(SMALL, me), (Action::Expire, time)], Expired),
        (&[(LARGE, me)], AwaitingApproval),
        (&[(LARGE, me), (Action::Approve, other), (START_LARGE, time)], Running),
        (&[(LARGE, me), (Action::SendBack, other), (LARGE, me)], AwaitingApproval),
        // An approval is for what was approved.
        (&[(LARGE, me), (Action::Approve, other), (Action::Edit, me), (LARGE, me)], AwaitingApproval),
        // The audience grew after the release.
        (&[(SMALL, me), (START_LARGE, time)], AwaitingApproval),
        (&[(SMALL, me), (START_LARGE, time), (Action::Approve, other), (START_LARGE, time)], Running),
        // One that repeats.
        (&[(SMALL, me), (START, time), (AGAIN, time), (START, time)], Running),
        (&[(SMALL, me), (START, time), (Action::Pause, me), (AGAIN, time), (Action::Resume, me)], Scheduled),
        (&[(SMALL, me), (START, time), (Action::Pause, me), (AGAIN, time)], Paused),
        (&[(SMALL, me), (START, time), (Action::Pause, me), (END, time)], Expired),
    ] {
        assert_eq!(state(actions), expected, "{actions:?}");
    }
    let runs = after(&[(SMALL, me), (START, time), (AGAIN, time), (START, time)]).expect("possible");
    assert_eq!((runs.run, runs.run_is_open), (2, true));
    let approved = after(&[(LARGE, me), (Action::Approve, other)]).expect("possible");
    assert_eq!(approved.approval, Some(Approval { by: staff(2), at: at(1) }));
}

#[test]
fn what_cannot_be_done_is_told_with_what_can() {
    let (me, other, time) = (nurse(1), nurse(2), By::Time);
    let own = "whoever made, changed or released a campaign cannot approve it: ask somebody else";
    for (actions, expected) in [
        (&[(LARGE, me), (Action::Approve, me)][..], own),
        // Whoever changed it is no second person, nor is whoever made it.
        (&[(Action::Edit, other), (LARGE, other), (Action::Approve, other)], own),
        (&[(Action::Edit, other), (LARGE, other), (Action::Approve, me)], own),
        (
            &[(Action::Approve, other)],
            "`approve` is not possible: the campaign is draft; possible now: edit, submit, cancel",
        ),
        (&[(Action::Approve, me)], "`approve` is not possible: the campaign is draft"),
        (
            &[(SMALL, me), (Action::Resume, me)],
            "`resume` is not possible: the campaign is scheduled; possible now: edit, pause, cancel",
        ),
        (
            &[(Action::Cancel, me), (Action::Edit, me)],
            "`edit` is not possible: the campaign is canceled; make a new one",
        ),
        (&[(Action::Cancel, me), (Action::Cancel, me)], "`cancel` is not possible: the campaign is canceled"),
        (&[(SMALL, me), (START, time), (START, time)], "`start` is not possible: the campaign is running"),
        (
            &[(SMALL, me), (START, time), (Action::Edit, me)],
            "`edit` is not possible: the campaign is running; possible now: pause, cancel",
        ),
        (&[(SMALL, me), (Action::Pause, me), (AGAIN, time)], "`end-run` is not possible: the campaign is paused"),
        (&[(SMALL, me), (START, me)], "`start` happens by itself when its time comes"),
        (&[(SMALL, time)], "`submit` needs a member of staff"),
        (
            &[(SMALL, By::Staff(staff(3), Role::Analyst))],
            "the role `analyst` may not `submit` campaigns: ask one of manager, nurse, clerk",
        ),
        (
            &[(LARGE, me), (Action::Approve, By::Staff(staff(3), Role::Clerk))],
            "the role `clerk` may not `approve` campaigns: ask one of manager, nurse",
        ),
        (
            &[(LARGE, me), (Action::SendBack, By::Staff(staff(3), Role::Contractor))],
            "the role `contractor` may not `send-back` campaigns: ask one of manager, nurse",
        ),
    ] {
        let told = refusal(actions);
        assert!(told.starts_with(expected), "{actions:?}: {told}");
    }
}

#[test]
fn the_table_knows_every_state_and_action_and_no_way_back_from_the_end() {
    for state in CampaignState::ALL {
        let leaves = TRANSITIONS.iter().any(|(from, ..)| from == state);
        assert_eq!(leaves, !state.is_over(), "{state:?}");
        let reached = TRANSITIONS.iter().any(|(_, _, to)| to == state);
        assert!(reached, "{state:?}");
    }
    for action in ActionKind::ALL {
        assert!(TRANSITIONS.iter().any(|(_, by, _)| by == action), "{action:?}");
    }
    let sending: Vec<_> = CampaignState::ALL.iter().filter(|state| state.may_send()).collect();
    assert_eq!(sending, [&CampaignState::Running]);
    for (_, by, to) in TRANSITIONS {
        let begins = matches!(by, ActionKind::Start | ActionKind::Resume);
        assert!(begins || !to.may_send(), "only a start and a resumption lead to sending");
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let size = 0u64..200;
    prop_oneof![
        Just(Action::Edit),
        size.clone().prop_map(|recipients| Action::Submit { recipients }),
        Just(Action::Approve),
        Just(Action::SendBack),
        size.prop_map(|recipients| Action::Start { recipients }),
        Just(Action::Pause),
        Just(Action::Resume),
        Just(Action::Cancel),
        Just(AGAIN),
        Just(END),
        Just(Action::Expire),
    ]
}

fn any_by() -> impl Strategy<Value = By> {
    let person = (1u8..4, prop::sample::select(Role::ALL)).prop_map(|(number, role)| By::Staff(staff(number), role));
    // Most steps by somebody who may take them, so that long lives come about.
    prop_oneof![3 => (1u8..4).prop_map(nurse), 3 => Just(By::Time), 1 => person]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// No sequence of actions by anybody leads to sending to more than 100 patients unless a second person approved
    /// what is sent; nothing leads out of the end; run numbers only grow.
    #[test]
    fn no_way_leads_round_the_second_person(steps in prop::collection::vec((any_action(), any_by()), 0..40)) {
        let mut life = Life::new(staff(1), at(0));
        // Who has had a hand in what is there now, and who has approved it as it is.
        let mut approvers: Vec<StaffId> = Vec::new();
        let mut latest_author = staff(1);
        for (action, by) in steps {
            let Ok(next) = life.next(action, Some(100), at(1), by) else { continue };
            prop_assert!(TRANSITIONS.contains(&(life.state, action.kind(), next.state)));
            match (action, by) {
                (Action::Edit, By::Staff(id, _)) => {
                    approvers.clear();
                    latest_author = id;
                }
                (Action::Submit { .. }, By::Staff(id, _)) => latest_author = id,
                (Action::SendBack, _) => approvers.clear(),
                (Action::Approve, By::Staff(id, role)) => {
                    prop_assert!(id != staff(1) && id != latest_author && role.may_approve_campaigns());
                    approvers.push(id);
                }
                (Action::Start { recipients }, by) if next.state.may_send() => {
                    prop_assert_eq!(by, By::Time);
                    prop_assert!(recipients <= 100 || !approvers.is_empty());
                    prop_assert_eq!(next.run, life.run + 1);
                }
                _ => prop_assert_eq!(next.run, life.run),
            }
            prop_assert!(!life.state.is_over(), "nothing follows the end");
            prop_assert!(!next.state.may_send() || next.run_is_open);
            life = next;
        }
    }
}

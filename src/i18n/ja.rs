//! What the console says in Japanese.

use domain::alert::AlertRule;
use domain::chase_list::ChaseReason;
use domain::contact::Hindrance;
use domain::message::OutboundState;
use domain::patient::RiskTier;
use domain::progress::Progress;
use domain::round::{RoundKind, RoundState};
use domain::severity::Severity;

use super::Msg;

pub(super) const fn text(msg: Msg) -> &'static str {
    match msg {
        Msg::AppName => "見守り",
        Msg::SkipToContent => "本文へ移動",
        Msg::OtherLanguage => "English",
        Msg::Navigation => "メニュー",
        Msg::Today => "今日",
        Msg::Alerts => "要対応",
        Msg::SignIn => "ログイン",
        Msg::SignOut => "ログアウト",
        Msg::Login => "ログインID",
        Msg::Password => "パスワード",
        Msg::SignInFailed => "ログインIDまたはパスワードが違います。",
        Msg::TooManyFailures => "ログインの失敗が続いたため、しばらく受け付けません。",
        Msg::SignedOut => "ログアウトしました。",
        Msg::SessionEnded => "続けるにはログインしてください。",
        Msg::SignInNote => "閲覧はすべて記録されます。",
        Msg::ChooseCenter => "保健所",
        Msg::Show => "表示",
        Msg::ShowAll => "全員を表示",
        Msg::RoundOf => "健康観察",
        Msg::Deadline => "締切",
        Msg::TimeLeft => "締切まで",
        Msg::DeadlinePassed => "締切を過ぎました",
        Msg::OpensAt => "開始",
        Msg::RemindersAt => "再送",
        Msg::NoRoundYet => "まだ始まっていません",
        Msg::NoRoundYetText => {
            "この保健所の健康観察は、まだ一度も始まっていません。開始時刻になると、ここに表示されます。"
        }
        Msg::NobodyObserved => "この日の観察対象者はいません。",
        Msg::ByProgress => "回答の状況",
        Msg::BySeverity => "緊急度",
        Msg::PatientsTotal => "対象者",
        Msg::Urgency => "緊急度",
        Msg::Patient => "患者",
        Msg::ProgressTitle => "状況",
        Msg::LastChange => "最終更新",
        Msg::LastText => "最後の送信",
        Msg::OpenAlerts => "要対応",
        Msg::Reason => "理由",
        Msg::Rank => "順位",
        Msg::Telephone => "電話番号",
        Msg::Risk => "リスク",
        Msg::LateReport => "締切後の回答",
        Msg::LivesAlone => "一人暮らし",
        Msg::ChaseList => "電話する人",
        Msg::ChaseListNote => {
            "締切の時点で確定した一覧です。上から順に電話してください。その後の回答は「状況」に出ます。"
        }
        Msg::ChaseListEmpty => "締切までに全員から回答があり、電話が必要な人はいません。",
        Msg::AllPatients => "観察対象者",
        Msg::AllPatientsNote => "緊急度の高い順です。",
        Msg::AsOf => "更新",
        Msg::Reconnecting => "接続が切れました。表示が古い可能性があります。再接続しています",
        Msg::PreviousDay => "前の日",
        Msg::NextDay => "次の日",
        Msg::Rule => "内容",
        Msg::About => "だれについて",
        Msg::RaisedAt => "発生",
        Msg::NoOpenAlerts => "対応が必要なものはありません。",
        Msg::UnknownContact => "登録のない番号",
        Msg::WholeCenter => "この保健所からの送信",
        Msg::AlertsNote => "緊急度の高い順、次に古い順です。",
        Msg::Nothing => "なし",
        Msg::NotFoundTitle => "ページが見つかりません",
        Msg::NotFoundText => "アドレスが違うか、あなたの権限では見られないページです。",
        Msg::ForbiddenTitle => "閲覧できません",
        Msg::ForbiddenText => {
            "あなたの役割では、この画面を見ることができません。必要な場合は管理者に相談してください。"
        }
        Msg::CrossSiteTitle => "送信を受け付けませんでした",
        Msg::CrossSiteText => {
            "別のサイトから送られた操作は受け付けません。この画面を開き直して、もう一度操作してください。"
        }
        Msg::TooLargeTitle => "送信された内容が大きすぎます",
        Msg::TooLargeText => "入力を短くして、もう一度お試しください。",
        Msg::InvalidTitle => "送信された内容を読み取れません",
        Msg::InvalidText => "画面を開き直して、もう一度お試しください。",
        Msg::BusyTitle => "ただいま処理できません",
        Msg::BusyText => "少し待ってから、もう一度お試しください。",
        Msg::ErrorTitle => "エラーが起きました",
        Msg::ErrorText => "処理を完了できませんでした。続く場合は、下の番号を管理者に伝えてください。",
        Msg::RequestNumber => "受付番号",
        Msg::BackToToday => "今日の画面へ戻る",
        Msg::Demo => "デモ",
        Msg::DemoNote => "患者は架空です。",
        Msg::DemoPhones => "電話の画面を開く",
        Msg::DemoClock => "時計を進める",
        Msg::Severity(severity) => match severity {
            Severity::Red => "危険",
            Severity::Orange => "注意",
            Severity::Unknown => "不明",
            Severity::Green => "異常なし",
        },
        Msg::Progress(progress) => match progress {
            Progress::Waiting => "未送信",
            Progress::Silent => "無回答",
            Progress::Answering => "回答中",
            Progress::Partial => "途中まで",
            Progress::Finished => "回答済み",
            Progress::NeverAsked => "質問せず",
        },
        Msg::Hindrance(reason) => match reason {
            Hindrance::OptedOut => "受信停止の申し出",
            Hindrance::WrongNumber => "番号違い",
            Hindrance::Undeliverable => "届かない番号",
            Hindrance::NotConfirmed => "番号未確認",
        },
        Msg::Delivery(state) => match state {
            OutboundState::Queued => "送信待ち",
            OutboundState::Sending => "送信中",
            OutboundState::Unknown => "送達不明",
            OutboundState::Accepted => "受付済み",
            OutboundState::Sent => "送信済み",
            OutboundState::Delivered => "届きました",
            OutboundState::Undelivered => "届きません",
            OutboundState::Failed => "送信失敗",
            OutboundState::Expired => "期限切れ",
            OutboundState::Canceled => "取り消し",
        },
        Msg::RoundKind(kind) => match kind {
            RoundKind::Morning => "朝の確認",
            RoundKind::Second => "午後の確認",
            RoundKind::Welcome => "番号の確認",
        },
        Msg::Round(state) => match state {
            RoundState::Planned => "開始前",
            RoundState::Open => "受付中",
            RoundState::Closed => "締切後",
            RoundState::Missed => "開始できず",
        },
        Msg::Chase(reason) => match reason {
            ChaseReason::Red => "危険",
            ChaseReason::SilentHighRisk => "高リスク・無回答",
            ChaseReason::Orange => "注意",
            ChaseReason::Silent => "無回答",
            ChaseReason::Partial => "途中まで",
            ChaseReason::NeverAsked => "質問せず",
        },
        Msg::AlertRule(rule) => match rule {
            AlertRule::WarningSign => "緊急性の高い症状",
            AlertRule::RedValue => "危険な測定値",
            AlertRule::Callback => "電話の希望",
            AlertRule::StatusChange => "状況の変化",
            AlertRule::Note => "連絡事項",
            AlertRule::NotUnderstood => "回答を読み取れず",
            AlertRule::UnclearLate => "締切後の不明な返信",
            AlertRule::OptedOut => "受信停止の申し出",
            AlertRule::NotConfirmed => "番号・本人の確認が必要",
            AlertRule::Release => "療養の終了の確認",
            AlertRule::WrongNumber => "番号違い",
            AlertRule::UnknownNumber => "登録のない番号からの連絡",
            AlertRule::UnknownSender => "どの保健所でもない番号宛ての連絡",
            AlertRule::Undelivered => "送信できず",
            AlertRule::ReplyLoop => "自動返信の繰り返し",
        },
        Msg::RiskTier(tier) => match tier {
            RiskTier::High => "高リスク",
            RiskTier::Standard => "標準",
            RiskTier::Low => "低リスク",
        },
    }
}

"""The letter that asks a partner to confirm its balance: the frozen statement, and a page to sign and send back."""

from collections.abc import Mapping
from typing import Any, Final

from services.payments.adapters.account_documents.letterhead import Letterhead
from services.payments.adapters.account_documents.statement_pdf import statement_pdf
from services.payments.adapters.account_documents.statement_xlsx import statement_xlsx
from services.payments.adapters.repositories import Row
from shared.documents.amounts import with_sign
from shared.money import text_from_minor

LETTER_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "name_of_sheet": "Confirmation of balance",
        "subject": "Confirmation of balance {number} as of {day}",
        "positive": "By our books the balance of your account was {amount} on {day}. Please compare it with your books"
        " and reply in any case, by {due} at the latest, signed by a person authorised to do so.",
        "negative": "By our books the balance of your account was {amount} on {day}. If your books say otherwise,"
        " please tell us by {due}. Without a reply until then we take the balance as correct.",
        "agree": "We agree: the balance is correct.",
        "differ": "We differ. By our books the balance is: ______________________",
        "list": "Please list: invoices you did not receive; remittances we did not receive; debit notes and credit"
        " notes that only one of us has booked, each with number, date and amount.",
        "name": "Name",
        "designation": "Designation",
        "signature": "Signature and stamp",
        "place": "Place and date",
    },
    "hi": {
        "name_of_sheet": "शेष की पुष्टि",
        "subject": "शेष की पुष्टि {number}, दिनांक {day} तक",
        "positive": "हमारी बहियों के अनुसार {day} को आपके खाते का शेष {amount} था। कृपया अपनी बहियों से मिलान करें और"
        " किसी भी स्थिति में {due} तक अधिकृत व्यक्ति के हस्ताक्षर सहित उत्तर दें।",
        "negative": "हमारी बहियों के अनुसार {day} को आपके खाते का शेष {amount} था। यदि आपकी बहियाँ कुछ और बताती हैं, तो"
        " कृपया {due} तक सूचित करें। तब तक उत्तर न मिलने पर शेष सही माना जाएगा।",
        "agree": "हम सहमत हैं: शेष सही है।",
        "differ": "हम असहमत हैं। हमारी बहियों के अनुसार शेष है: ______________________",
        "list": "कृपया सूची दें: जो बीजक आपको नहीं मिले; जो भुगतान हमें नहीं मिले; डेबिट नोट और क्रेडिट नोट जो केवल एक"
        " पक्ष ने दर्ज किए हैं, प्रत्येक की संख्या, दिनांक और राशि सहित।",
        "name": "नाम",
        "designation": "पदनाम",
        "signature": "हस्ताक्षर और मुहर",
        "place": "स्थान और दिनांक",
    },
    "mr": {
        "name_of_sheet": "शिल्लक पुष्टी",
        "subject": "शिल्लक पुष्टी {number}, दिनांक {day} अखेर",
        "positive": "आमच्या वह्यांनुसार {day} रोजी आपल्या खात्याची शिल्लक {amount} होती. कृपया आपल्या वह्यांशी पडताळून"
        " पाहा आणि कोणत्याही परिस्थितीत {due} पर्यंत अधिकृत व्यक्तीच्या स्वाक्षरीसह उत्तर द्या.",
        "negative": "आमच्या वह्यांनुसार {day} रोजी आपल्या खात्याची शिल्लक {amount} होती. आपल्या वह्यांत वेगळी शिल्लक"
        " असल्यास कृपया {due} पर्यंत कळवा. तोपर्यंत उत्तर न आल्यास शिल्लक बरोबर मानली जाईल.",
        "agree": "आम्ही सहमत आहोत: शिल्लक बरोबर आहे.",
        "differ": "आम्ही असहमत आहोत. आमच्या वह्यांनुसार शिल्लक: ______________________",
        "list": "कृपया यादी द्या: आपल्याला न मिळालेली बीजके; आम्हाला न मिळालेली देयके; केवळ एका बाजूने नोंदलेल्या डेबिट नोट"
        " आणि क्रेडिट नोट, प्रत्येकी क्रमांक, दिनांक आणि रकमेसह.",
        "name": "नाव",
        "designation": "पदनाम",
        "signature": "स्वाक्षरी आणि शिक्का",
        "place": "ठिकाण आणि दिनांक",
    },
}


def confirmation_letter(
    confirmation: Row, content: Mapping[str, Any], letterhead: Letterhead, file_format: str
) -> bytes:
    """PDF or XLSX, from the frozen content in its language; the same every time while the letterhead is the same."""
    language = content["language"]
    letter = _letter(confirmation, language)
    if file_format == "pdf":
        return statement_pdf(content, letterhead, language=language, letter=letter)
    made_at = confirmation.asked_at
    return statement_xlsx(content, letterhead, language=language, made_at=made_at, letter=letter)


def _letter(confirmation: Row, language: str) -> dict[str, object]:
    words = LETTER_WORDS[language]
    facts = {
        "number": confirmation.number,
        "day": f"{confirmation.as_of:%d-%m-%Y}",
        "due": f"{confirmation.due_on:%d-%m-%Y}",
        "amount": with_sign(
            text_from_minor(confirmation.balance_minor, confirmation.currency), confirmation.currency
        ),
    }
    return {
        "name": words["name_of_sheet"],
        "subject": words["subject"].format(**facts),
        "letter": [words[confirmation.kind].format(**facts)],
        "choices": [words["agree"], words["differ"]],
        "closing": words["list"],
        "signature": [words[name] for name in ("name", "designation", "signature", "place")],
    }

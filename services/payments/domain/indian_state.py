"""States and union territories by the code that a GSTIN begins with."""

from typing import Final

# GST Network, list of State codes, read 2026-01. 97 is territory outside of States, 96 a foreign country.
STATE_NAMES: Final = {
    "01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand",
    "06": "Haryana", "07": "Delhi", "08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim",
    "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur", "15": "Mizoram", "16": "Tripura",
    "17": "Meghalaya", "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha", "22": "Chhattisgarh",
    "23": "Madhya Pradesh", "24": "Gujarat", "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra",
    "29": "Karnataka", "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
    "35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh",
    "96": "Other country", "97": "Other territory",
}  # fmt: skip


def state_of_gstin(gstin: str) -> str:
    """The State code of a registration; empty when there is none."""
    return gstin[:2]


def state_name(code: str) -> str:
    """The name people read; an unknown code names itself."""
    return STATE_NAMES.get(code, code)

"""
Orca as the tests start it: what it says goes to stdout, a JSON string a line, and nothing is played. Its own command would refuse to run
beside an Orca that reads to somebody on this machine, or would end that one.
"""
import json
import sys

from orca import orca, settings, speech


def say(text, *_voice, **_more):
    print(json.dumps(text), flush=True)


# A page is not read out from its beginning to its end when it is opened: that takes no time where nothing is played, and meanwhile
# Orca hears of nothing else. Nor is it told which keys are pressed, and there is no braille line to look for.
settings.sayAllOnLoad = False
settings.enableKeyEcho = False
settings.enableBraille = False
speech.init = lambda: None
speech._speak = say
speech.speakCharacter = say
orca.getSettingsManager().activate(None, {})
sys.exit(orca.main())

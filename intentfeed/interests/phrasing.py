"""Words that a reason may use without claiming anything, words that claim a deed, and words that give orders."""

from __future__ import annotations

from typing import Final

from ..types import Action

FUNCTION_WORDS: Final = """
a an the and or but nor so yet as at by for from in into of off on onto out over per since than that this these those
to toward towards through throughout under until up upon via with within without across after again against all
almost along already also although although always among another any are around be became because been before began
begin begun being between both came can come continue continued continues could did different do does done down during
each early earlier either else even ever few first had has have he her here his how i if including
is it its itself just kept keep keeps last late lately later latest least less like long many may might more most
mostly much multiple near nearly new newest next no not now often old older once one only other others own part
person plus quite rather really recent recently regular regularly related repeated repeatedly return returned
returning returns same several she shown shows show showing some sometimes spread started starting still such sustained
suggests suggest suggesting their them then there they thing things time times together too two twice type types up
user using usually various varied variety was well were what when where which while who whole whose will would year
years month months week weeks day days day's date dates period periods season seasons seasonal spring summer autumn
winter fall today present past ongoing lasting long-lasting steady steadily consistent consistently constant constantly
frequent frequently occasional occasionally clear clearly strong strongly deliberate deliberately active actively
activity behavior behaviour behaviors behaviours action actions event events record records history pattern patterns
evidence interest interested interests engagement engaged item items product products range ranges kind kinds brand
brands category categories line lines different distinct separate spanning span spans covering covers beginning
confirmed confirming supported supporting indicates indicate indicating reflects reflect focus focused focusing
attention exploration explored exploring explore specific dedicated genuine personal choice free lasting sustained
compared comparing details detail add added adding pair pairs set sets similar alike option options choices
"""
"""English; compared without word ends."""

HAN_FUNCTION: Final = frozenset(
    "的了和与及或在于从到对为是有且并也都又还就而其之以等多次个种类各不同反复持续长期近期最至今起年月日天周间内外上下中前后"
    "期时曾经每再来去过着被把将让用户该此这那他她它们显示表明说明体现兴趣喜好偏爱关注行为记录商品产品相关主动稳定自由选择"
)

ACTIONS_SAID: Final[dict[str, tuple[Action, ...]]] = {
    "bought buy buys buying purchase purchased purchasing purchases order ordered ordering orders": ("purchase",),
    "view viewed viewing views look looked looking looks browse browsed browsing": ("detail_view", "review_read"),
    "search searched searching searches": ("search",),
    "favourited favorited favourite favorite favourites favorites saved saving saves wishlisted": (
        "favorite", "bookmark", "like",
    ),
    "cart carted basket": ("cart",),
    "rated rate rating ratings": ("rate", "review"),
    "reviewed reviews review reviewing reading read reads": ("review", "review_read", "detail_view"),
    "liked": ("like", "favorite"),
    "tagged": ("tag",),
    "bookmarked": ("bookmark",),
    "commented comments": ("comment",),
    "followed follows following": ("follow",),
    "购买 买 下单 购入": ("purchase",),
    "浏览 查看 观看": ("detail_view", "review_read"),
    "搜索 搜": ("search",),
    "收藏": ("favorite", "bookmark", "like"),
    "加购 购物车": ("cart",),
    "评分 打分": ("rate", "review"),
    "评论 评价": ("review", "review_read", "rate"),
    "点赞": ("like",),
    "关注": ("follow", "detail_view", "favorite", "search", "purchase"),
}  # fmt: skip
"""Words for deeds, and the actions of which one must be among the facts."""

NUMBER_WORDS: Final = """
three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty
"""
"""From three up; one and two are figures of speech as often as counts."""

ORDERS: Final = """
ignore disregard instruction instructions prompt prompts assistant chatgpt gpt llm jailbreak reveal password passwords
override obey must shall please click subscribe script javascript iframe sudo exec eval pretend forget cure cures
guaranteed discount cheapest recommend users customers everyone everybody user_id
"""
"""Words that no name of an interest and no reason needs."""

FRAGMENTS: Final = (
    "you are", "you will", "act as", "do not", "don't", "% off", "other user", "all user", "ignor", "игнор",
    "無視", "تجاهل", "忽略", "必须", "指令", "系统提示", "提示词", "请点击", "其他用户", "所有用户", "治愈", "打折",
)  # fmt: skip
"""The same in several words, and in other languages."""

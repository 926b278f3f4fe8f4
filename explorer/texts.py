"""Short texts of our own to count: small enough to check every number by hand. Standard library only."""

NEW_YEAR = """On January 1 people usually say happy new year.
On January 1 many people say happy new year to all.
On January 1 people usually say happy new year and go to bed.
On the first of January she said happy new year.
He wrote a card and wished us a happy new year.
We wish you a merry Christmas and a happy new year.
The new year begins on January 1.
A new year, a new job, a new house.
She has a new job and is happy.
He is happy with his new house.
They usually go to bed early.
On Sunday people usually go to church.
On Monday people usually go to work.
Some people say happy new month.
Many people say good morning.
Many happy people live in the new house.
The people of the house say good night and go to bed."""

LETTERS = """Every morning before the lecture the old teacher opened the window and looked over the roofs of the town.
The river was quiet, and only a few boats moved slowly under the bridge.
She liked this hour more than any other, because nobody had asked her a question yet.
When the first students came in, they were tired and cold, and they talked about the rain and the long way up the hill.
One of them carried a basket of apples from his garden and gave them to everybody who wanted one.
Then she took a piece of chalk and wrote a single letter on the board.
What comes after it, she asked, and how do you know that?
At first they laughed, since it seemed a game for small children, but soon the whole room was guessing.
After a vowel most of them chose a consonant, and after two consonants nearly all of them chose a vowel.
Nobody had ever taught them such a rule, and still they followed it as if it had been written on the wall.
So she told them of a man who counted the letters of a famous poem by hand, twenty thousand of them, a long time ago.
He did not care what the verses meant; he only wished to see how one sign depends on the sign before it.
Later other people gave the same question to a machine that could not read and had never heard of vowels.
They let it have two secret states, and they asked it to find the states that made the text most probable.
The machine went over the pages again and again, and each time it changed its opinion a little.
In the end it had put the sounds that we sing on one side and the noises between them on the other.
It was a small wonder, she said, and it needed nothing but patience and a long text.
Outside the clouds had gone, the sun stood over the river, and a dog was running along the water.
The students packed their books, took the last apples, and went down the hill in a happy mood."""

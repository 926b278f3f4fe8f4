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

STORY = """The last train to Harrow left at nine.
Anna ran along the platform with a heavy bag, and the guard held the door for her.
"You were lucky," he said. "A minute later, and you would have slept in the station."
"I had to close the shop," she answered, "and then I could not find my keys."
The guard laughed, looked at her ticket, and walked on to the next car.
There were only two other people in the car: an old man with a newspaper, and a boy who was asleep under his coat.
Outside it was dark. Now and then the lights of a village went by, and once a river, white with fog.
Anna opened the bag and took out the letter. It was dated March 3, 1987, and it was addressed to her mother.
"My dear Helen," it began, "when you read this I will be on a ship to Canada. Do not look for me."
She had read it four times today, and she still did not understand it. Who was the man that had written it?
"Is that a love letter?" asked the old man over his newspaper.
"No," said Anna. "At least I do not think so. I found it in a box of old photographs."
"Then it is a better thing than a love letter. It is a story, and nobody has told you the end of it."
He folded the newspaper and moved to the seat opposite.
His name was Mr. Bell, he said, and he had been a postman for forty years.
"I have carried a great many letters," he said, "and I never opened one of them. But I have often wondered."
She gave it to him. He read it slowly, with one finger under the line, as children do in their first year at school.
"There is a name on the back," he said at last.
"Look here, where the paper is folded: J. Marlow, 12 Mill Street, Harrow."
Anna had not seen it. The ink had become so pale that it was hardly more than a shadow.
"But that is where I live!" she cried. "That is the house that my mother left me. There was never a Marlow in it."
"Not in your time," said Mr. Bell.
"In mine there was. He had a red door, a big dog, and no letters at all for eleven years."
The train stopped at a small station, and nobody got in or out. A bell rang somewhere, and then they went on.
"What happened to him?" asked the boy, who was awake now and had heard everything.
"One day the dog was gone, and the door was blue," said Mr. Bell.
"That is all I know. A postman sees only the outside of houses."
Anna thought about the blue door.
She had painted it herself, twice, and under the blue there had always been some red.
"I will take the paint off," she said. "I will begin tomorrow, and I will not stop until I find out who he was."
"Good," said the boy. "And will you write to us how it ends?"
She wrote down both addresses on the back of her ticket.
When the train came to Harrow, it was half past ten and raining.
The old man carried her bag to the gate. "Be careful," he said, "with doors that have been closed for a long time."
She walked home through the rain, past the church, the school, and the shop that sold nothing but lamps.
At number twelve she stood still. Somebody had lit a candle in the window of the upper room.
"Hello?" she called. "Is anyone there?"
Nobody answered.
But from the other side of the blue door came the sound of a big dog, walking slowly down the stairs."""

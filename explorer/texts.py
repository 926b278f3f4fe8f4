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

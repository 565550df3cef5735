//! test parse ir interp

// Globals and static locals: each run finds them as they are written here.
enum { SIZE = 4, MORE = SIZE * 2 };
int counter = 3, unset;
static unsigned char small = 300;
const short scale[] = {-2, 3, };
long wide[SIZE + 1] = {1, -1};
static int table[MORE];
int square[2][3] = {{1, 2, 3}, {4}};

int next()
{
    return ++counter;
}

int twice()
{
    int first = next();
    return first * 100 + next();
}
//! run twice() == 405
//! run next() == 4
//! run next() == 4

int first_values()
{
    return unset + small * 10 + scale[0] * scale[1] + wide[0] + wide[1] + wide[4] + square[1][0] + square[1][2];
}
//! run first_values() == 438

int statics(int n)
{
    static int calls, seen[3] = {7};
    calls++;
    seen[calls % 3] += n;
    return seen[0] * 100 + seen[1] * 10 + calls;
}

int three_calls()
{
    statics(1);
    statics(2);
    return statics(3);
}
//! run three_calls() == 1013
//! run statics(1) == 711

int sizes()
{
    return sizeof wide * 100 + sizeof square[0] + sizeof(long *);
}
//! run sizes() == 4020

int store(int i, int x)
{
    table[i] = x;
    return table[i] + table[0];
}
//! run store(0, 5) == 10
//! run store(7, 5) == 5
//! run store(8, 5) traps out_of_bounds at 57
//! run store(-1, 5) traps out_of_bounds at 57

int shadow(int counter)
{
    int table[1] = {counter};
    return table[0];
}
//! run shadow(9) == 9

int depth;
int down(int n)
{
    static int deepest;
    depth++;
    deepest = depth > deepest ? depth : deepest;
    if (n > 0) {
        down(n - 1);
    }
    depth--;
    return deepest;
}
//! run down(5) == 6

int fill()
{
    for (int i = 0; i < MORE; i++) {
        table[i] = i;
    }
    int sum = 0;
    for (int i = 0; i < MORE; i++) {
        sum += table[i];
    }
    return sum;
}
//! run fill() == 28

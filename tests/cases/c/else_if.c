//! test parse ir interp

int grade(int points)
{
    if (points > 90)
    {
        return 1;
    }
    else if (points > 70)
    {
        return 2;
    }
    else if (points > 50)
        return 3;
    else
    {
        return 4;
    }
}

int dangling(int a, int b)
{
    if (a)
        if (b)
            return 1;
        else
            return 2;
    return 3;
}
//! run grade(95) == 1
//! run grade(80) == 2
//! run grade(60) == 3
//! run grade(10) == 4
//! run dangling(1, 0) == 2
//! run dangling(0, 0) == 3

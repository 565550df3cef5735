// Nothing but a comment: //~ E0008 there is no function in this file

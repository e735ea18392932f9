import jaxsched.curves as curves
from jaxsched._core import *
from jaxsched.combinators import *
from jaxsched.recipes import *
from jaxsched.schedules import *
